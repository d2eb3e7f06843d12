// Journey 5: keep the access token in a local file, reuse it, refresh it when it has expired, and sign in again when the
// refresh token was revoked.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Api } from '../harness/http.js';
import { Impstead, exampleLines, runExample } from '../harness/impstead.js';
import { Impt } from '../harness/impt.js';
import { signedInLibrary } from '../harness/library.js';
import { describe, expectCode } from '../harness/program.js';
import { openAccount } from '../harness/session.js';

const PROGRAM = fileURLToPath(new URL('../programs/keep-token.js', import.meta.url));
const LONG_AGO = '2020-01-01T00:00:00.000Z';
const FAR_OFF = '2200-01-01T00:00:00.000Z';
const UNKNOWN_TOKEN = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/**
 * On a server whose access tokens work for an hour, so that the expiry is the clients' own: they look at the `expires_at` in
 * their file.
 */
export function keepTheToken(server, world) {
    test('imp-central-api: a token file is used, refreshed and replaced', async () => {
        const { steps, tokens, change } = program(server, world);

        await revokeAllRefreshTokens(server, world.owner);
        assert.deepEqual(await steps(), ['sign in']);
        const first = tokens();
        assert.deepEqual(await steps(), []);
        assert.deepEqual(tokens(), first, 'the stored token was good enough');

        change({ expires_at: LONG_AGO });
        assert.deepEqual(await steps(), ['refresh']);
        const second = tokens();
        assert.notEqual(second.access_token, first.access_token);
        assert.equal(second.refresh_token, first.refresh_token);
        assert.ok(new Date(second.expires_at) > new Date());
        assert.deepEqual(await steps(), []);

        change({ access_token: UNKNOWN_TOKEN });
        assert.deepEqual(await steps(), ['refresh']);

        await revokeAllRefreshTokens(server, world.owner);
        assert.deepEqual(await steps(), [], 'an access token that was issued before stays valid');
        change({ expires_at: LONG_AGO });
        assert.deepEqual(await steps(), ['refresh', 'sign in']);
        assert.notEqual(tokens().refresh_token, first.refresh_token);
        assert.deepEqual(await steps(), []);
    });

    test('impt: the auth file is used, refreshed and replaced', async () => {
        const impt = await Impt.signedIn(server, world.owner);
        const stored = () => Object.values(impt.authFile())[0];
        const productCount = async () => (await impt.json('product', 'list')).length;
        const products = await productCount();
        const first = stored();
        assert.equal(await productCount(), products);
        assert.deepEqual(stored(), first, 'the stored token was good enough');

        impt.editAuth((account) => (account.expiresAt = LONG_AGO));
        assert.equal(await productCount(), products);
        const second = stored();
        assert.notEqual(second.accessToken, first.accessToken);
        assert.equal(second.refreshToken, first.refreshToken);
        assert.ok(new Date(second.expiresAt) > new Date());

        impt.editAuth((account) => (account.accessToken = UNKNOWN_TOKEN));
        assert.equal(await productCount(), products);
        assert.notEqual(stored().accessToken, UNKNOWN_TOKEN);

        await revokeAllRefreshTokens(server, world.owner);
        assert.equal(await productCount(), products, 'an access token that was issued before stays valid');
        impt.editAuth((account) => (account.expiresAt = LONG_AGO));
        const text = await impt.fails('Error: Impossible to refresh access token for the Global Auth File.', 'product', 'list');
        assert.match(text, /^Please relogin using "impt auth login" command and then try again\.$/m);

        await impt.ok('auth', 'login', '-e', server.endpoint, '-u', world.owner.username, '-w', world.owner.password, '-q');
        assert.equal(await productCount(), products);
    });

    test('impstead: the profile is used, refreshed and replaced', async () => {
        const impstead = await Impstead.signedIn(server, world.owner);
        const whoAmI = async () => assert.equal((await impstead.json('whoami')).attributes.username, world.owner.username);
        const first = impstead.tokens();
        await whoAmI();
        assert.deepEqual(impstead.tokens(), first, 'the stored token was good enough');

        impstead.editAccess({ expires_at: LONG_AGO });
        await whoAmI();
        const second = impstead.tokens();
        assert.notEqual(second.access.token, first.access.token);
        assert.deepEqual(second.renewal, first.renewal);
        assert.ok(new Date(second.access.expires_at) > new Date());

        impstead.editAccess({ token: UNKNOWN_TOKEN });
        await whoAmI();
        assert.notEqual(impstead.tokens().access.token, UNKNOWN_TOKEN);

        await revokeAllRefreshTokens(server, world.owner);
        await whoAmI();
        impstead.editAccess({ expires_at: LONG_AGO });
        await impstead.fails(1, 'error: the sign-in has ended\nRun `impstead login`.\n', ['whoami']);

        const again = await impstead.ok(['login', '--password-stdin'], { input: world.owner.password });
        assert.match(again, / as grower \(profile default\)\.$/m, 'the profile knows the endpoint and the user');
        await whoAmI();
        assert.equal(await impstead.ok(['logout']), 'Signed out (profile default).\n');
        assert.equal(impstead.tokens(), null);
        await impstead.fails(1, 'error: not signed in\nRun `impstead login`.\n', ['whoami']);
    });

    test('impstead-client: a token file is used, refreshed and replaced', async () => {
        const { keepTokens, tokens, change, file } = example(server, world.owner);
        await keepTokens(world.owner.username, world.owner.password);
        const first = tokens();
        await keepTokens();
        assert.deepEqual(tokens(), first, 'the stored token was good enough');

        change({ expires_at: LONG_AGO });
        await keepTokens();
        assert.notEqual(tokens().access.token, first.access.token);
        assert.deepEqual(tokens().renewal, first.renewal);
        change({ token: UNKNOWN_TOKEN });
        await keepTokens();
        assert.notEqual(tokens().access.token, UNKNOWN_TOKEN);

        await revokeAllRefreshTokens(server, world.owner);
        await keepTokens();
        change({ expires_at: LONG_AGO });
        const result = await runExample('keep_tokens', [server.endpoint, file]);
        expectCode(result, 1);
        assert.equal(result.stderr, 'Error: "run again with USER PASSWORD"\n', describe(result));
        await keepTokens(world.owner.email, world.owner.password);
        await keepTokens();
    });
}

/** On a server whose access tokens expire after some seconds. Each client believes once that its token is still good. */
export function outliveTheToken(server) {
    /** An account for each test, because one account keeps five refresh tokens only. */
    async function owner(username) {
        const { account, api } = await openAccount(server, { username });
        await api.product('The only one');
        return account;
    }

    test('an expired access token is refused', async () => {
        const { username, password } = await owner('plain');
        const api = new Api(server.endpoint);
        const tokens = await api.post('/auth', { id: username, password }, 200);
        api.token = tokens.access_token;
        await api.get('/products');
        await past(tokens.expires_at);
        const { status, body } = await api.request('GET', '/products');
        assert.deepEqual([status, body.errors[0].code, body.errors[0].title], [401, 'PX100', 'Invalid Credentials']);

        const renewed = await api.post('/auth/token', { token: tokens.refresh_token }, 200);
        api.token = renewed.access_token;
        assert.equal((await api.list('/products')).length, 1);
    });

    test('imp-central-api: a program outlives its access token', async () => {
        const { steps, tokens, change } = program(server, { owner: await owner('library'), products: ['The only one'] });
        assert.deepEqual(await steps(), ['sign in']);
        await past(tokens().expires_at);
        assert.deepEqual(await steps(), ['refresh']);
        await past(tokens().expires_at);
        change({ expires_at: FAR_OFF });
        assert.deepEqual(await steps(), ['refresh']);
    });

    test('impt: commands outlive the access token', async () => {
        const impt = await Impt.signedIn(server, await owner('impt'));
        const stored = () => Object.values(impt.authFile())[0];
        const first = stored();
        await past(first.expiresAt);
        impt.editAuth((account) => (account.expiresAt = FAR_OFF));
        assert.equal((await impt.json('product', 'list')).length, 1);
        assert.notEqual(stored().accessToken, first.accessToken);
        assert.equal(stored().refreshToken, first.refreshToken);
    });

    test('impstead: commands outlive the access token', async () => {
        const impstead = await Impstead.signedIn(server, await owner('impstead'));
        const first = impstead.tokens();
        await past(first.access.expires_at);
        impstead.editAccess({ expires_at: FAR_OFF });
        assert.equal((await impstead.json('product', 'list')).length, 1);
        assert.notEqual(impstead.tokens().access.token, first.access.token);
        assert.deepEqual(impstead.tokens().renewal, first.renewal);
    });

    test('impstead-client: a program outlives its access token', async () => {
        const account = await owner('example');
        const { keepTokens, tokens, change } = example(server, account);
        await keepTokens(account.username, account.password);
        const first = tokens();
        await past(first.access.expires_at);
        change({ expires_at: FAR_OFF });
        await keepTokens();
        assert.notEqual(tokens().access.token, first.access.token);
    });
}

/** Waits until a moment is past. */
async function past(timestamp) {
    const ms = new Date(timestamp) - Date.now() + 50;
    if (ms > 0) await setTimeout(ms);
}

/** The program that uses the vendor's library, with a token file of its own. */
function program(server, { owner, products }) {
    const file = path.join(server.scratch('token'), 'token.json');
    const env = { ...process.env, IMP_USER: owner.email, IMP_PASSWORD: owner.password };
    const tokens = () => JSON.parse(readFileSync(file, 'utf8'));
    return {
        tokens,
        change: (members) => writeFileSync(file, JSON.stringify({ ...tokens(), ...members })),
        /** Runs it, and returns how it signed in. */
        async steps() {
            const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, server.endpoint, file], { env });
            const result = JSON.parse(stdout);
            assert.equal(result.products, products.length);
            return result.steps;
        },
    };
}

/** The example program of our library, likewise. */
function example(server, owner) {
    const file = path.join(server.scratch('token'), 'tokens.json');
    const tokens = () => JSON.parse(readFileSync(file, 'utf8'));
    return {
        file,
        tokens,
        /** Changes the stored access token. */
        change: (members) => writeFileSync(file, JSON.stringify({ ...tokens(), access: { ...tokens().access, ...members } })),
        async keepTokens(...credentials) {
            assert.deepEqual(await exampleLines('keep_tokens', [server.endpoint, file, ...credentials]), [
                `signed in as ${owner.username}`,
                `the access token is good until ${tokens().access.expires_at}`,
            ]);
        },
    };
}

/** Through the library, as a user would do it after losing a laptop. */
async function revokeAllRefreshTokens(server, account) {
    const api = await signedInLibrary(server, account);
    const { data } = await api.auth.getRefreshTokens();
    assert.ok(data.length > 0, 'at least the one of this login');
    for (const { id } of data) await api.auth.deleteRefreshToken(id);
    assert.deepEqual((await api.auth.getRefreshTokens()).data, []);
}
