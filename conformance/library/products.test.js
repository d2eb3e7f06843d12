// imp-central-api: products
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { signedInLibrary } from '../harness/library.js';
import { openAccount } from '../harness/session.js';

onEachDatabase('imp-central-api products', (server) => {
    let account, stranger, products;
    before(async () => {
        stranger = await openAccount(server, { username: 'stranger' });
        ({ account } = await openAccount(server));
        ({ products } = await signedInLibrary(server, account));
    });

    test('create, get, list, update, delete', async () => {
        const { data } = await products.create({ name: 'Greenhouse', description: 'Soil probes' });
        assert.deepEqual(Object.keys(data), ['type', 'id', 'links', 'attributes', 'relationships']);
        assert.equal(data.links.self, `${server.endpoint}/products/${data.id}`);
        assert.deepEqual((await products.get(data.id)).data, data);
        assert.deepEqual(ids((await products.list()).data), [data.id]);
        assert.deepEqual(ids((await products.list({ 'filter[owner.id]': account.id }, 1, 1)).data), [data.id]);

        const updated = (await products.update(data.id, { name: 'Glasshouse' })).data;
        assert.deepEqual([updated.attributes.name, updated.attributes.description], ['Glasshouse', 'Soil probes']);
        assert.deepEqual((await products.update(data.id, { name: 'Glasshouse', description: null })).data.attributes.description, null);
        assert.equal((await products.update(data.id, {})).data.attributes.name, 'Glasshouse');

        assert.equal(await products.delete(data.id), undefined, '204 without a body');
        await refusal(products.get(data.id), 404);
        await refusal(products.delete(data.id), 404);
    });

    test('create for oneself as the owner', async () => {
        const { data } = await products.create({ name: 'Own' }, account.id);
        assert.equal(data.relationships.owner.id, account.id);
        await refusal(products.create({ name: 'Forced on them' }, stranger.account.id), 403, 404);
    });

    test('refusals', async () => {
        await products.create({ name: 'Taken' });
        const { title, detail } = await refusal(products.create({ name: 'Taken' }), 400, 409);
        assert.deepEqual([title, detail], ['Duplicate Resource', 'Products must have unique names.']);
        for (const attributes of [{ name: '' }, { name: null }, { name: 5 }, { name: 'x', description: {} }]) {
            await refusal(products.create(attributes), 400);
        }
        const theirs = await stranger.api.product('Theirs');
        for (const id of [theirs.id, account.id, 'nonsense', '../accounts/me']) {
            await refusal(products.get(id), 404);
            await refusal(products.update(id, { name: 'x' }), 404, 405);
        }
    });

    test('pages', async () => {
        const before = (await products.list(null, 1, 100)).data.length;
        for (let i = 0; i < 5; i++) await products.create({ name: `Page ${i}` });
        const first = await products.list(null, 1, 2);
        assert.equal(first.data.length, 2);
        assert.equal(first.links.self, first.links.first);
        const last = await products.list(null, Math.ceil((before + 5) / 2), 2);
        assert.ok(!('next' in last.links));
        assert.equal(last.links.first, first.links.first);
        assert.deepEqual((await products.list(null, 1000, 2)).data, []);
    });
});
