// impt account info | list
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

onEachDatabase('impt account', (server) => {
    let account, impt, stranger;
    before(async () => {
        ({ account, impt } = await openSession(server));
        ({ account: stranger } = await openSession(server, { username: 'stranger' }));
    });

    test('info of the current account', async () => {
        const { Account } = await impt.json('account', 'info');
        assert.equal(Account.id, account.id);
        assert.equal(Account.username, 'grower');
        assert.equal(Account.email, 'grower@example.net');
        assert.match(await impt.ok('account', 'info'), new RegExp(`^ *id: +${account.id}$`, 'm'));
    });

    test('info by id, user name, e-mail address and "me"', async () => {
        for (const user of [account.id, account.username, account.email, 'me']) {
            assert.equal((await impt.json('account', 'info', '--user', user)).Account.id, account.id, user);
        }
    });

    test('nothing about other accounts', async () => {
        for (const user of [stranger.id, stranger.username, stranger.email, 'nobody', 'a b/c?d=e']) {
            await impt.fails(`Error: Account "${user}" is not found.`, 'account', 'info', '-u', user);
        }
    });

    test('list', async () => {
        const accounts = await impt.json('account', 'list');
        assert.deepEqual(accounts, [{ Account: { id: account.id, email: account.email, username: account.username } }]);
        assert.match(await impt.ok('account', 'list'), /^Account list \(1 items\):$/m);
    });
});
