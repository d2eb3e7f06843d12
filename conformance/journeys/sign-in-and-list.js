// Journey 1: sign in by user name and by e-mail address, list the products and the device groups of each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { Impstead, exampleLines, runExample } from '../harness/impstead.js';
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

        test(`impstead: sign in by ${id}, list products and their device groups`, async () => {
            const impstead = new Impstead(server);
            const login = ['login', '--endpoint', server.endpoint, '--user', world.owner[id], '--password-stdin'];
            const text = await impstead.ok(login, { input: `${world.owner.password}\n` });
            assert.equal(text, `Signed in to ${server.endpoint} as ${world.owner.username} (profile default).\n`);

            const products = await impstead.json('product', 'list');
            assertSameItems(products.map(nameAndId), world.products.map(nameAndId));
            assert.deepEqual(products.at(-1), await world.api.read(`/products/${products.at(-1).id}`), 'as the server sent it');
            const rows = await impstead.table('product', 'list');
            assertSameItems(rows.map((row) => `${row.NAME} [${row.ID}]`), world.products.map(nameAndId));

            const groups = await impstead.json('group', 'list');
            assertSameItems(ids(groups), ids(world.groups));
            for (const product of world.products) {
                const its = groups.filter(({ relationships }) => relationships.product.id === product.id);
                assertSameItems(its.map(nameAndId), product.groups.map(nameAndId), product.attributes.name);
            }
        });

        test(`impstead-client: sign in by ${id}, list products and their device groups`, async () => {
            const lines = await exampleLines('list_products', [server.endpoint, world.owner[id], world.owner.password]);
            const printed = [];
            for (const line of lines) {
                if (line.startsWith(' ')) printed.at(-1).groups.push(line.trim());
                else printed.push({ product: line, groups: [] });
            }
            const byProduct = new Map(world.products.map((product) => [idAndName(product), product]));
            assertSameItems(printed.map(({ product }) => product), [...byProduct.keys()]);
            for (const { product, groups } of printed) {
                const expected = byProduct.get(product).groups.map((group) => `${idAndName(group)} (development_devicegroup)`);
                assertSameItems(groups, expected, product);
            }
        });
    }

    test('impstead: list the device groups of some products, named or by id', async () => {
        const impstead = await Impstead.signedIn(server, world.owner);
        for (const [i, product] of world.products.slice(0, 4).entries()) {
            const wanted = i % 2 ? product.id : product.attributes.name;
            const result = await impstead.run(['group', 'list', '--product', wanted, '--json']);
            assert.equal(result.code, 0);
            assertSameItems(ids(JSON.parse(result.stdout)), ids(product.groups), product.attributes.name);
            assert.equal(result.stderr, product.groups.length === 0 ? 'No device groups.\n' : '');
            assert.equal((await impstead.json('product', 'show', wanted)).id, product.id);
        }
        const [product] = world.products.filter(({ groups }) => groups.length === 2);
        assert.deepEqual(
            (await impstead.table('group', 'list', '--product', product.id)).map(({ ID, NAME, TYPE, PRODUCT }) => [ID, NAME, TYPE, PRODUCT]),
            product.groups.map(({ id, attributes }) => [id, attributes.name, 'development', product.attributes.name]),
        );
        await impstead.fails(1, 'error: there is no product `Not yours`\n`impstead product list` shows what there is.\n', [
            ...['group', 'list', '--product', 'Not yours'],
        ]);
    });

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

    test('impstead: a wrong password is refused, and nothing is stored', async () => {
        const impstead = new Impstead(server);
        const login = ['login', '--endpoint', server.endpoint, '--user', world.owner.username, '--password-stdin'];
        await impstead.fails(
            1,
            'error: the service does not accept this password of `grower`\nCheck the user name and the password, and try again.\n',
            login,
            { input: 'wrong' },
        );
        assert.equal(impstead.tokens(), null);
        await impstead.fails(
            1,
            'error: not signed in: there is no profile `default`\nRun `impstead login --endpoint URL --user NAME`.\n',
            ['product', 'list'],
        );
        await impstead.fails(2, 'error: no user\nGive a user name or e-mail address with `--user NAME`.\n', [
            ...['login', '--endpoint', server.endpoint, '--password-stdin'],
        ]);
    });

    test('impstead-client: a wrong password is refused', async () => {
        const { code, stdout, stderr } = await runExample('list_products', [server.endpoint, world.owner.username, 'wrong']);
        assert.deepEqual([code, stdout], [1, '']);
        assert.match(stderr, /^Error: Unauthorized\(/);
    });
}

function idAndName({ id, attributes }) {
    return `${id}  ${attributes.name}`;
}

function nameAndId({ id, attributes }) {
    return `${attributes.name} [${id}]`;
}
