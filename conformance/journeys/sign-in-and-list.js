// Journey 1: sign in by user name and by e-mail address, list the products and the device groups of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { Impt } from '../harness/impt.js';
import { everyPage, library } from '../harness/library.js';

export function signInAndList(server, world) {
    for (const id of ['username', 'email']) {
        test(`imp-central-api: sign in by ${id}, list products and their device groups`, async () => {
            const api = library(server);
            const tokens = await api.auth.login(world.owner[id], world.owner.password);
            assert.equal(tokens.expires_in, 3600);
            assert.match(tokens.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
            assert.ok(tokens.access_token.length >= 40);
            assert.ok(tokens.refresh_token);

            const products = await everyPage((number, size) => api.products.list(null, number, size), 100);
            assertSameItems(products.map(nameAndId), world.products.map(nameAndId));
            for (const product of world.products) {
                const { data } = await api.deviceGroups.list({ 'filter[product.id]': product.id });
                assertSameItems(data.map(nameAndId), product.groups.map(nameAndId), product.attributes.name);
            }
        });

        test(`impt: sign in by ${id}, list products and their device groups`, async () => {
            const impt = new Impt(server);
            const text = await impt.ok('auth', 'login', '-e', server.endpoint, '-u', world.owner[id], '-w', world.owner.password);
            assert.match(text, /^Global login is successful\.$/m);

            const products = await impt.json('product', 'list');
            const listed = products.map(({ Product }) => `${Product.name} [${Product.id}]`);
            assertSameItems(listed, world.products.map(nameAndId));
            const groups = await impt.json('dg', 'list');
            assertSameItems(ids(groups.map((item) => item['Device Group'])), ids(world.groups));
            for (const product of world.products) {
                const its = groups.map((item) => item['Device Group']).filter((group) => group.Product.id === product.id);
                assertSameItems(ids(its), ids(product.groups), product.attributes.name);
                assert.ok(its.every((group) => group.Product.name === product.attributes.name && group.type === 'development'));
            }
        });
    }

    test('impt: list the device groups of some products, named or by id', async () => {
        const impt = await Impt.signedIn(server, world.owner);
        const chosen = world.products.slice(0, 12);
        const args = chosen.flatMap((product, i) => ['-p', i % 2 ? product.id : product.attributes.name]);
        const groups = await impt.json('dg', 'list', ...args);
        assertSameItems(ids(groups.map((item) => item['Device Group'])), ids(chosen.flatMap((product) => product.groups)));
    });

    test('imp-central-api: a wrong password is refused', async () => {
        const error = await library(server).auth.login(world.owner.username, 'wrong').catch((reason) => reason);
        assert.equal(error.statusCode, 401);
        assert.equal(error.body.errors[0].code, 'PX100');
        assert.equal(error.body.errors[0].title, 'Invalid Credentials');
    });

    test('impt: a wrong password is refused, and nothing is stored', async () => {
        const impt = new Impt(server);
        await impt.fails('Error: Invalid Credentials: ', 'auth', 'login', '-e', server.endpoint, '-u', world.owner.username, '-w', 'wrong');
        await impt.fails('Error: You are not logged in.', 'product', 'list');
    });
}

function nameAndId({ id, attributes }) {
    return `${attributes.name} [${id}]`;
}
