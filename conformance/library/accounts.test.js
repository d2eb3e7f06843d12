// imp-central-api: accounts, login keys and refresh tokens
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { signedInLibrary } from '../harness/library.js';
import { openAccount } from '../harness/session.js';

onEachDatabase('imp-central-api accounts', (server) => {
    let account, accounts, auth;
    before(async () => {
        ({ account } = await openAccount(server));
        ({ accounts, auth } = await signedInLibrary(server, account));
    });

    test('one’s own account', async () => {
        const { data } = await accounts.get('me');
        assert.deepEqual([data.type, data.attributes.username, data.attributes.email], ['account', account.username, account.email]);
        assert.equal(typeof data.attributes.tier, 'string');
        assert.deepEqual((await accounts.get(data.id)).data, data);
        assert.deepEqual(ids((await accounts.list(1, 10)).data), [data.id]);
        await refusal(accounts.get('00000000-0000-0000-0000-000000000000'), 404);
    });

    test('login keys', async () => {
        const { data: key } = await accounts.createLoginKey(account.password, { description: 'one' });
        await accounts.createLoginKey(account.password);
        assert.equal((await accounts.getLoginKey(key.id)).data.attributes.description, 'one');
        assert.equal((await accounts.updateLoginKey(key.id, account.password, { description: 'two' })).data.attributes.description, 'two');
        assert.equal((await accounts.listLoginKeys(1, 1)).data.length, 1);
        assert.equal((await accounts.listLoginKeys()).data.length, 2);

        const tokens = await auth.getAccessToken(key.id);
        assert.equal(tokens.expires_in, 3600);
        assert.ok(tokens.access_token && tokens.expires_at);
        assert.equal((await accounts.getLoginKey(key.id)).data.attributes.usages, 1);
        await refusal(accounts.deleteLoginKey(key.id, 'wrong'), 403);
        assert.equal(await accounts.deleteLoginKey(key.id, account.password), undefined);
        await refusal(accounts.getLoginKey(key.id), 404);
        await refusal(auth.getAccessToken(key.id), 404);
        await signedInLibrary(server, account);
    });

    test('refresh tokens: five at most, the oldest goes first', async () => {
        const logins = [];
        for (let i = 0; i < 6; i++) logins.push(await auth.login(account.email, account.password));
        assert.equal((await auth.getRefreshTokens()).data.length, 5);
        await refusal(auth.refreshAccessToken(logins[0].refresh_token), 404);
        assert.ok((await auth.refreshAccessToken(logins[5].refresh_token)).access_token);
        const { data } = await auth.getRefreshTokens();
        assert.ok(data.every(({ id }) => !logins.some((login) => login.refresh_token === id)), 'the id is not the secret');
        await auth.deleteRefreshToken(data[0].id);
        assert.equal((await auth.getRefreshTokens()).data.length, 4);
        await refusal(auth.deleteRefreshToken(data[0].id), 404);
    });
});
