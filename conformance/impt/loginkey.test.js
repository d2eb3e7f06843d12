// impt loginkey create | list | info | update | delete
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

const KEYS_PER_ACCOUNT = 10;

onEachDatabase('impt loginkey', (server) => {
    let account, api, impt, password;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        password = ['--pwd', account.password];
    });

    const stored = (id) => api.read(`/accounts/me/login_keys/${id}`);
    const create = async (...args) => (await impt.json('loginkey', 'create', ...password, ...args))['Login Key'];

    test('create, with a description', async () => {
        const key = await create('--descr', 'CI runner · Übung');
        assert.match(key.id, /^[0-9a-z]{16}$/);
        assert.deepEqual(key, { id: key.id, description: 'CI runner · Übung', usages: 0 });
        const resource = await stored(key.id);
        assert.equal(resource.type, 'login_key');
        assert.equal(resource.attributes.description, 'CI runner · Übung');
        assert.equal(resource.attributes.usages, 0);
        assert.deepEqual(resource.relationships.owner, { type: 'account', id: account.id });
    });

    test('create, without a description, in plain mode', async () => {
        const text = await impt.ok('loginkey', 'create', ...password);
        const [, id] = text.match(/^Login Key "([0-9a-z]{16})" is created successfully\.$/m);
        assert.ok((await stored(id)).attributes.description == null);
        await impt.ok('loginkey', 'delete', '-k', id, ...password, '-q');
    });

    test('list', async () => {
        await create('-s', 'listed');
        const keys = (await impt.json('loginkey', 'list')).map((item) => item['Login Key']);
        assert.ok(keys.some((key) => key.description === 'listed'));
        assertSameItems(ids(keys), ids(await api.list('/accounts/me/login_keys')));
        assert.match(await impt.ok('loginkey', 'list'), new RegExp(`^Login Key list \\(${keys.length} items\\):$`, 'm'));
    });

    test('info counts the uses', async () => {
        const { id } = await create('-s', 'counted');
        const usages = async () => (await impt.json('loginkey', 'info', '--lk', id))['Login Key'].usages;
        assert.equal(await usages(), 0);
        await api.post('/auth/token', { key: id }, 200);
        await api.post('/auth/token', { key: id }, 200);
        assert.equal(await usages(), 2);
        assert.match(await impt.ok('loginkey', 'info', '-k', id), /^ *description: +counted$/m);
    });

    test('update', async () => {
        const { id } = await create('-s', 'before');
        assert.match(await impt.ok('loginkey', 'update', '-k', id, ...password, '-s', 'after'), /^Login Key ".*" is updated successfully\.$/m);
        assert.equal((await stored(id)).attributes.description, 'after');
        await impt.ok('loginkey', 'update', '-k', id, ...password, '-s', '');
        assert.ok(!(await stored(id)).attributes.description);
    });

    test('delete', async () => {
        const { id } = await create();
        assert.match(await impt.ok('loginkey', 'delete', '-k', id, ...password, '-q'), /^Login Key ".*" is deleted successfully\.$/m);
        assert.ok(await api.isGone(`/accounts/me/login_keys/${id}`));
        assert.equal((await api.request('POST', '/auth/token', { key: id })).status, 404);
        await impt.fails(`Error: Login Key "${id}" is not found.`, 'loginkey', 'delete', '-k', id, ...password, '-q');
    });

    test('an unknown key', async () => {
        for (const key of ['0123456789abcdef', 'nonsense', account.id]) {
            await impt.fails(`Error: Login Key "${key}" is not found.`, 'loginkey', 'info', '-k', key);
        }
        await impt.fails('Error: Login Key "nonsense" is not found.', 'loginkey', 'update', '-k', 'nonsense', ...password, '-s', 'x');
    });

    test('a wrong password changes nothing, and ends no session', async () => {
        const { id } = await create('-s', 'guarded');
        const before = await api.list('/accounts/me/login_keys');
        const token = impt.authFile()[account.id].accessToken;
        for (const args of [['create'], ['update', '-k', id, '-s', 'x'], ['delete', '-k', id, '-q']]) {
            await impt.fails('Error: Invalid Credentials: ', 'loginkey', ...args, '-w', 'wrong');
        }
        assert.deepEqual(await api.list('/accounts/me/login_keys'), before);
        assert.equal(impt.authFile()[account.id].accessToken, token, 'no renewal: the answer must not be 401');
    });

    test('ten keys are the limit', async () => {
        const present = (await api.list('/accounts/me/login_keys')).length;
        for (let i = present; i < KEYS_PER_ACCOUNT; i++) await create('-s', `number ${i}`);
        await impt.fails(/Account Limit Reached/, 'loginkey', 'create', ...password);
        assert.equal((await api.list('/accounts/me/login_keys')).length, KEYS_PER_ACCOUNT);
    });
});
