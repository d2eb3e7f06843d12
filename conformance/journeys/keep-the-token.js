// Journey 5: keep the access token in a local file, reuse it, refresh it when it has expired, and sign in again when the
// refresh token was revoked. An hour is too long to wait: a token that the server does not know gets the same answer as one
// that has expired, and the clients look at the `expires_at` of their own file.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Impt } from '../harness/impt.js';
import { signedInLibrary } from '../harness/library.js';

const PROGRAM = fileURLToPath(new URL('../programs/keep-token.js', import.meta.url));
const LONG_AGO = '2020-01-01T00:00:00.000Z';
const UNKNOWN_TOKEN = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export function keepTheToken(server, world) {
    test('imp-central-api: a token file is used, refreshed and replaced', async () => {
        const file = path.join(server.scratch('token'), 'token.json');
        const env = { ...process.env, IMP_USER: world.owner.email, IMP_PASSWORD: world.owner.password };
        const steps = async () => {
            const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, server.endpoint, file], { env });
            const result = JSON.parse(stdout);
            assert.equal(result.products, (await world.api.list('/products?page[size]=100')).length);
            return result.steps;
        };
        const tokens = () => JSON.parse(readFileSync(file, 'utf8'));
        const change = (members) => writeFileSync(file, JSON.stringify({ ...tokens(), ...members }));

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
}

/** Through the library, as a user would do it after losing a laptop. */
async function revokeAllRefreshTokens(server, account) {
    const api = await signedInLibrary(server, account);
    const { data } = await api.auth.getRefreshTokens();
    assert.ok(data.length > 0, 'at least the one of this login');
    for (const { id } of data) await api.auth.deleteRefreshToken(id);
    assert.deepEqual((await api.auth.getRefreshTokens()).data, []);
}
