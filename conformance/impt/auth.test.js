// impt auth login | info | list | select | logout
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { Api } from '../harness/http.js';
import { Impt } from '../harness/impt.js';

const LONG_AGO = '2020-01-01T00:00:00.000Z';

onEachDatabase('impt auth', (server) => {
    let account, other, api, impt, login;

    before(async () => {
        account = await server.createAccount({ username: 'grower', email: 'g@example.net', password: 'correct horse' });
        other = await server.createAccount({ username: 'second', password: 'battery staple' });
        api = await Api.signIn(server, account.username, account.password);
        account.id = (await api.read('/accounts/me')).id;
        other.id = (await (await Api.signIn(server, other.username, other.password)).read('/accounts/me')).id;
        login = ['auth', 'login', '--endpoint', server.endpoint];
    });
    beforeEach(() => {
        impt = new Impt(server);
    });

    const createKey = async () => {
        const headers = { 'X-Electricimp-Password': account.password };
        const body = { data: { type: 'login_key', attributes: { description: 'for a robot' } } };
        const answer = await api.request('POST', '/accounts/me/login_keys', body, headers);
        assert.equal(answer.status, 201);
        return answer.body.data.id;
    };
    const deleteKey = async (key) => {
        const headers = { 'X-Electricimp-Password': account.password };
        assert.equal((await api.request('DELETE', `/accounts/me/login_keys/${key}`, null, headers)).status, 204);
    };

    for (const id of ['username', 'email']) {
        test(`login with ${id} and password`, async () => {
            const text = await impt.ok(...login, '-u', account[id], '-w', account.password);
            assert.match(text, /^Global login is successful\.$/m);
            const stored = impt.authFile();
            assert.deepEqual(Object.keys(stored), [account.id]);
            const { accessToken, expiresAt, refreshToken, loginKey, accounts, userName, endpoint } = stored[account.id];
            assert.deepEqual([userName, endpoint, accounts, loginKey], ['grower', server.endpoint, [account.id], undefined]);
            assert.match(expiresAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
            const minutes = (new Date(expiresAt) - Date.now()) / 60_000;
            assert.ok(minutes > 58 && minutes <= 60.1, `${minutes} minutes`);

            assert.equal((await new Api(server.endpoint, accessToken).read('/accounts/me')).id, account.id);
            const renewed = await new Api(server.endpoint).post('/auth/token', { token: refreshToken }, 200);
            assert.equal((await new Api(server.endpoint, renewed.access_token).read('/accounts/me')).id, account.id);
        });
    }

    test('login in JSON and minimal mode', async () => {
        assert.deepEqual(await impt.json(...login, '-u', account.username, '-w', account.password), {});
        const result = await impt.run([...login, '-u', account.username, '-w', account.password, '-q', '-z', 'minimal']);
        assert.deepEqual([result.code, result.stdout], [0, '']);
    });

    test('info, plain and in JSON', async () => {
        await impt.ok(...login, '-u', account.username, '-w', account.password);
        const text = await impt.ok('auth', 'info');
        assert.match(text, /^ *Auth type: +Global Auth file$/m);
        assert.match(text, new RegExp(`^ *Account id: +${account.id}$`, 'm'));
        assert.deepEqual(await impt.json('auth', 'info'), {
            Auth: {
                'Auth type': 'Global Auth file',
                'impCentral API endpoint': server.endpoint,
                'Access token auto refresh': true,
                'Login method': 'User/Password',
                Username: 'grower',
                Email: 'g@example.net',
                'Account id': account.id,
            },
        });
    });

    test('a wrong password, in plain and JSON mode', async () => {
        await impt.fails('Error: Invalid Credentials: ', ...login, '-u', account.username, '-w', 'wrong');
        assert.match(await impt.jsonError(...login, '-u', account.username, '-w', 'wrong'), /^Invalid Credentials: /);
        await impt.fails('Error: Invalid Credentials: ', ...login, '-u', 'nobody', '-w', account.password);
    });

    test('login with a login key, which is exchanged again when the access token has expired', async () => {
        const key = await createKey();
        await impt.ok(...login, '--lk', key);
        const { loginKey, refreshToken, accessToken } = impt.authFile()[account.id];
        assert.deepEqual([loginKey, refreshToken], [key, undefined]);
        assert.equal((await impt.json('auth', 'info')).Auth['Login method'], 'Login Key');
        const usages = async () => (await api.read(`/accounts/me/login_keys/${key}`)).attributes.usages;
        assert.equal(await usages(), 1);

        impt.editAuth((entry) => (entry.expiresAt = LONG_AGO));
        await impt.ok('product', 'list');
        assert.equal(await usages(), 2);
        assert.notEqual(impt.authFile()[account.id].accessToken, accessToken);

        await deleteKey(key);
        await impt.ok('product', 'list');
        impt.editAuth((entry) => (entry.expiresAt = LONG_AGO));
        await impt.fails('Error: Impossible to refresh access token for the Global Auth File.', 'product', 'list');
    });

    test('an unknown login key', async () => {
        await impt.fails('Error: Login Key "0123456789abcdef" is not found.', ...login, '-k', '0123456789abcdef');
        await impt.fails('Error: Login Key "no key at all" is not found.', ...login, '-k', 'no key at all');
    });

    test('a local login is valid in its folder only', async () => {
        const text = await impt.ok(...login, '--local', '-u', account.username, '-w', account.password);
        assert.match(text, /^Local login is successful\.$/m);
        assert.ok(impt.has('.impt.auth'));
        assert.equal((await impt.json('auth', 'info')).Auth['Auth type'], 'Local Auth file');
        await impt.ok('product', 'list');

        impt.editAuth((entry) => (entry.expiresAt = LONG_AGO), { local: true });
        await impt.ok('product', 'list');
        assert.notEqual(impt.authFile({ local: true })[account.id].expiresAt, LONG_AGO);

        const text2 = await impt.ok('auth', 'logout', '--local');
        assert.match(text2, /^Local logout is successful\.$/m);
        assert.ok(!impt.has('.impt.auth'));
        await impt.fails('Error: You are not logged in.', 'product', 'list');
    });

    test('a local login wins over the global one', async () => {
        await impt.ok(...login, '-u', account.username, '-w', account.password);
        await impt.ok(...login, '-l', '-u', other.username, '-w', other.password);
        assert.equal((await impt.json('account', 'info')).Account.username, 'second');
        impt.freshFolder();
        assert.equal((await impt.json('account', 'info')).Account.username, 'grower');
    });

    test('--temp keeps nothing to renew the access token with', async () => {
        for (const method of [['-u', account.username, '-w', account.password], ['-k', await createKey()]]) {
            await impt.ok(...login, ...method, '--temp', '-q');
            const { refreshToken, loginKey } = impt.authFile()[account.id];
            assert.deepEqual([refreshToken, loginKey], [undefined, undefined]);
            const { Auth } = await impt.json('auth', 'info');
            assert.equal(Auth['Access token auto refresh'], false);
            assert.match(Auth['Access token'], /^expires in (59|60) minutes$/);
            await impt.ok('product', 'list');

            impt.editAuth((entry) => (entry.expiresAt = LONG_AGO));
            await impt.fails('Error: Access token is expired for the Global Auth File.', 'product', 'list');
            assert.equal((await impt.json('auth', 'info')).Auth['Access token'], 'expired');
        }
    });

    test('logout, and what comes after', async () => {
        await impt.ok(...login, '-u', account.username, '-w', account.password);
        assert.match(await impt.ok('auth', 'logout'), /^Global logout is successful\.$/m);
        await impt.fails('Error: You are not logged in.', 'auth', 'logout');
        await impt.fails('Error: You are not logged in.', 'product', 'list');
    });

    test('two accounts in one file: list, select, info --all and --account', async () => {
        await impt.ok(...login, '-u', account.username, '-w', account.password);
        await impt.ok(...login, '-u', other.username, '-w', other.password, '-q');
        const text = await impt.ok('auth', 'list');
        assert.ok(text.includes(server.endpoint));
        assert.match(text, new RegExp(`^ *\\(1\\) ${account.id}: grower$`, 'm'));
        assert.match(text, new RegExp(`^ *\\(2\\) ${other.id}: second \\(default\\)$`, 'm'));

        const current = async (...args) => (await impt.json('account', 'info', ...args)).Account.username;
        assert.equal(await current(), 'second');
        assert.equal(await current('--account', account.id), 'grower');
        await impt.ok('auth', 'select', '--account', account.id);
        assert.equal(await current(), 'grower');

        const all = await impt.ok('auth', 'info', '--all');
        assert.match(all, /^ *Username: +grower$/m);
        assert.match(all, /^ *Username: +second$/m);
    });

    test('credentials from the environment', async () => {
        const common = { IMPT_ENDPOINT: server.endpoint };
        const username = async (env) => {
            const result = await impt.run(['account', 'info', '-z', 'json'], { env: { ...common, ...env } });
            assert.equal(result.code, 0, result.stdout);
            return JSON.parse(result.stdout).Account.username;
        };
        assert.equal(await username({ IMPT_USER: account.email, IMPT_PASSWORD: account.password }), 'grower');
        assert.equal(await username({ IMPT_LOGINKEY: await createKey() }), 'grower');
        const refused = await impt.run(['account', 'info'], { env: { ...common, IMPT_USER: account.email, IMPT_PASSWORD: 'wrong' } });
        assert.equal(refused.code, 1);
        assert.match(refused.text, /^Error: Invalid Credentials: /m);
    });

    test('an auth file in a folder of its own', async () => {
        await impt.ok(...login, '-l', '-u', other.username, '-w', other.password);
        const env = { IMPT_AUTH_FILE_PATH: impt.cwd };
        const elsewhere = new Impt(server);
        const result = await elsewhere.run(['account', 'info', '-z', 'json'], { env });
        assert.equal(JSON.parse(result.stdout).Account.username, 'second');
    });
});
