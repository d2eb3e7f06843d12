// impt product create | list | info | update | delete
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

const UNKNOWN_ID = '00000000-1111-2222-3333-444444444444';

onEachDatabase('impt product', (server) => {
    let account, api, impt, stranger;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        stranger = await openSession(server, { username: 'stranger' });
    });

    test('create', async () => {
        const { Product } = await impt.json('product', 'create', '--name', 'Greenhouse', '--descr', 'Soil probes · 温室');
        assert.deepEqual(Product, { id: Product.id, name: 'Greenhouse' });
        const stored = await api.read(`/products/${Product.id}`);
        assert.equal(stored.type, 'product');
        assert.equal(stored.attributes.name, 'Greenhouse');
        assert.equal(stored.attributes.description, 'Soil probes · 温室');
        assert.equal(stored.attributes.created_at, stored.attributes.updated_at);
        for (const role of ['owner', 'creator']) assert.deepEqual(stored.relationships[role], { type: 'account', id: account.id });
        assert.match(await impt.ok('product', 'create', '-n', 'Plain'), /^Product "Plain" is created successfully\.$/m);
    });

    test('create for an owner', async () => {
        for (const owner of ['me', account.id, account.email]) {
            const { Product } = await impt.json('product', 'create', '-n', `Owned by ${owner}`, '--owner', owner);
            assert.equal((await api.read(`/products/${Product.id}`)).relationships.owner.id, account.id);
        }
        await impt.fails('Error: Account "nobody" is not found.', 'product', 'create', '-n', 'Orphan', '-o', 'nobody');
    });

    test('names are unique among the products of one owner', async () => {
        await api.product('Taken');
        await impt.fails('Error: Duplicate Resource: Products must have unique names.', 'product', 'create', '-n', 'Taken');
        assert.equal(await impt.jsonError('product', 'create', '-n', 'Taken'), 'Duplicate Resource: Products must have unique names.');
        const theirs = await stranger.api.product('Taken');
        assert.equal(theirs.attributes.name, 'Taken');
    });

    test('names and descriptions that are too long, or empty', async () => {
        await impt.ok('product', 'create', '-n', 'n'.repeat(80), '-s', 'd'.repeat(255));
        for (const args of [['-n', 'n'.repeat(81)], ['-n', 'Long', '-s', 'd'.repeat(256)]]) {
            await impt.fails(/^Error: /m, 'product', 'create', ...args);
        }
        await impt.ok('product', 'create', '-n', 'No description', '-s', '');
    });

    test('list', async () => {
        await api.product('Listed');
        await stranger.api.product('Not for you');
        const all = await api.list('/products?page[size]=100');
        const listed = (await impt.json('product', 'list')).map((item) => item.Product);
        assertSameItems(ids(listed), ids(all));
        assert.ok(listed.every((product) => !('Owner' in product)), 'impt shows the owner of foreign products only');
        for (const owner of ['me', account.id, account.username]) {
            assertSameItems(ids((await impt.json('product', 'list', '--owner', owner)).map((item) => item.Product)), ids(all));
        }
        assert.deepEqual(await impt.json('product', 'list', '-o', 'nobody'), []);
        assert.match(await impt.ok('product', 'list'), new RegExp(`^Product list \\(${all.length} items\\):$`, 'm'));
        const minimal = await impt.run(['product', 'list', '-z', 'minimal']);
        assert.equal(minimal.stdout.split('Product: ').length - 1, all.length);
    });

    test('info by id, by name, and under its owner', async () => {
        const product = await api.product('Informed', { description: 'about it' });
        for (const identifier of [product.id, 'Informed', '{me}{Informed}', `{${account.email}}{${product.id}}`]) {
            const { Product } = await impt.json('product', 'info', '-p', identifier);
            assert.deepEqual([Product.id, Product.name, Product.description], [product.id, 'Informed', 'about it'], identifier);
        }
        const text = await impt.ok('product', 'info', '--product', product.id);
        assert.match(text, /^ *description: +about it$/m);
    });

    test('info --full shows the groups, their targets and builds', async () => {
        const product = await api.product('Full');
        const production = await api.deviceGroup(product, 'shipped', 'pre_production');
        const dut = await api.deviceGroup(product, 'under test', 'pre_dut');
        const fixture = await api.deviceGroup(product, 'fixtures', 'pre_factoryfixture', { productionTarget: production, dutTarget: dut });
        const deployment = await api.deployment(fixture);
        const { Product } = await impt.json('product', 'info', '-p', 'Full', '--full');
        const groups = Product['Device Groups'].map((item) => item['Device Group']);
        assertSameItems(ids(groups), ids([production, dut, fixture]));
        const shown = groups.find(({ id }) => id === fixture.id);
        assert.equal(shown['Current Deployment'].id, deployment.id);
        assert.equal(shown['Min supported Deployment'].id, deployment.id);
        assert.equal(shown['Production Target'].id, production.id);
        assert.equal(shown['DUT Target'].id, dut.id);
    });

    test('identifiers that are nothing', async () => {
        const odd = [UNKNOWN_ID, 'nothing', 'a/b', 'what?x=1', '50%', '%zz', '..', ' spaces ', account.id, '{me}{nothing}'];
        for (const identifier of odd) {
            const name = identifier === '{me}{nothing}' ? '(nothing|{me}{nothing})' : identifier.replace(/[?.]/g, '\\$&');
            await impt.fails(new RegExp(`^Error: Product "${name}" is not found\\.$`, 'm'), 'product', 'info', '-p', identifier);
        }
        const theirs = await stranger.api.product('Theirs');
        await impt.fails(`Error: Product "${theirs.id}" is not found.`, 'product', 'info', '-p', theirs.id);
        await impt.fails('Error: Product "Theirs" is not found.', 'product', 'update', '-p', 'Theirs', '-n', 'Mine');
    });

    test('names with characters that a URL cannot hold', async () => {
        for (const name of ['100 % sure?', 'either/or', '"quoted" & <marked>', '#1', 'ends with a dot.', 'a\\b', '{braces}']) {
            const product = await api.product(name);
            assert.equal((await impt.json('product', 'info', '-p', name)).Product.id, product.id, name);
        }
    });

    // impt puts each of these letters as one raw byte into the request line; only a 404 lets it go on and search the list.
    test('names with letters of Latin-1', async () => {
        for (const name of ['Gewächshaus', 'ÿ', 'Été à 30 °C']) {
            const product = await api.product(name);
            assert.equal((await impt.json('product', 'info', '-p', product.id)).Product.name, name);
            assert.equal((await impt.json('product', 'info', '-p', name)).Product.id, product.id, name);
        }
    });

    test('update', async () => {
        const product = await api.product('Old', { description: 'old' });
        const attributes = async () => (await api.read(`/products/${product.id}`)).attributes;
        assert.match(await impt.ok('product', 'update', '-p', 'Old', '-n', 'New'), /^Product ".*" is updated successfully\.$/m);
        let now = await attributes();
        assert.deepEqual([now.name, now.description], ['New', 'old']);
        assert.ok(now.updated_at > now.created_at);

        await impt.ok('product', 'update', '-p', product.id, '--descr', 'new');
        await impt.ok('product', 'update', '-p', product.id, '--name', 'New');
        now = await attributes();
        assert.deepEqual([now.name, now.description], ['New', 'new']);
        await impt.ok('product', 'update', '-p', product.id);
        assert.deepEqual(await attributes(), { ...now, updated_at: (await attributes()).updated_at });

        await api.product('Another');
        await impt.fails('Error: Duplicate Resource: Products must have unique names.', 'product', 'update', '-p', 'New', '-n', 'Another');
        await impt.fails('Error: Product "Old" is not found.', 'product', 'update', '-p', 'Old', '-n', 'x');
    });

    test('delete an empty product', async () => {
        const product = await api.product('Empty');
        assert.match(await impt.ok('product', 'delete', '-p', 'Empty', '--confirmed'), /^Product ".*" is deleted successfully\.$/m);
        assert.ok(await api.isGone(`/products/${product.id}`));
        await impt.fails('Error: Product "Empty" is not found.', 'product', 'delete', '-p', 'Empty', '-q');
    });

    test('delete refuses a product with device groups', async () => {
        const product = await api.product('Occupied');
        await api.deviceGroup(product, 'occupant');
        const error = 'Dependent Devicegroups Exist: Cannot delete a product with associated devicegroups.';
        await impt.fails(`Error: ${error}`, 'product', 'delete', '-p', 'Occupied', '-q');
        assert.equal(await impt.jsonError('product', 'delete', '-p', 'Occupied', '-q'), error);
        assert.ok(!(await api.isGone(`/products/${product.id}`)));
    });

    test('delete --force clears whatever is in the way', async () => {
        const product = await api.product('Doomed');
        const production = await api.deviceGroup(product, 'production', 'production');
        const dut = await api.deviceGroup(product, 'dut', 'dut');
        const fixture = await api.deviceGroup(product, 'fixture', 'factoryfixture', { productionTarget: production, dutTarget: dut });
        const development = await api.deviceGroup(product, 'development');
        const deployments = [];
        for (const group of [fixture, development, development]) deployments.push(await api.deployment(group, { flagged: true }));
        const hook = await api.webhook(development);
        const devices = await server.addDevices(account.username, 3);
        await api.assign(development, devices);

        await impt.ok('product', 'delete', '-p', 'Doomed', '-f', '-q');
        assert.ok(await api.isGone(`/products/${product.id}`));
        for (const group of [production, dut, fixture, development]) assert.ok(await api.isGone(`/devicegroups/${group.id}`));
        for (const deployment of deployments) assert.ok(await api.isGone(`/deployments/${deployment.id}`));
        assert.ok(await api.isGone(`/webhooks/${hook.id}`));
        for (const { id } of devices) assert.ok(!('devicegroup' in (await api.read(`/devices/${id}`)).relationships));
    });

    test('delete --force --builds: the builds are gone with their groups', async () => {
        const product = await api.product('Doomed with builds');
        const group = await api.deviceGroup(product, 'development');
        for (let i = 0; i < 3; i++) await api.deployment(group, { flagged: i === 1 });
        const text = await impt.ok('product', 'delete', '-p', product.id, '--force', '--builds', '-q');
        assert.match(text, /^Deployment ".*" is already deleted\.$/m);
        assert.ok(await api.isGone(`/products/${product.id}`));
        assert.deepEqual(await api.list(`/deployments?filter[product.id]=${product.id}`), []);
    });
});
