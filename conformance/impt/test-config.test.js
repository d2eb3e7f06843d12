// impt test create | info | update | delete: everything about a test configuration short of running it
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

onEachDatabase('impt test', (server) => {
    let account, api, impt, product, group;
    let count = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
    });
    beforeEach(async () => {
        product = await api.product(`Product ${++count}`);
        group = await api.deviceGroup(product, `group ${count}`);
        impt.freshFolder();
    });

    test('create and info', async () => {
        impt.write('device.nut', '');
        const args = ['-g', group.attributes.name, '-x', 'device.nut', '-t', '20', '-s', '-f', 'tests/*.nut'];
        const { 'Test Configuration': created } = await impt.json('test', 'create', ...args);
        assert.equal(created['Device Group'].id, group.id);
        assert.equal(created['Device Group'].Product.id, product.id);
        assert.deepEqual([created.Timeout, created['Stop on failure'], created['Device file']], [20, true, 'device.nut']);
        const [stored] = JSON.parse(impt.read('.impt.test'));
        assert.deepEqual([stored.deviceGroupId, stored.accountID], [group.id, account.id]);

        await api.assign(group, await server.addDevices(account.username, 1));
        const [{ 'Test Configuration': info }] = await impt.json('test', 'info');
        assert.equal(info['Device Group'].id, group.id);
        assert.equal(info['Device Group'].Devices.length, 1);
        assert.match(await impt.ok('test', 'info'), /^ *Timeout: +20$/m);
    });

    test('create refuses an unknown group', async () => {
        await impt.fails('Error: Device Group "nothing" is not found.', 'test', 'create', '-g', 'nothing');
        assert.ok(!impt.has('.impt.test'));
    });

    test('update does nothing in this version of the tool', async () => {
        await impt.ok('test', 'create', '-g', group.id);
        await impt.fails('Error: This command does NOT work currently', 'test', 'update', '-t', '5');
    });

    test('info of a group that is gone', async () => {
        await impt.ok('test', 'create', '-g', group.id);
        assert.equal((await api.request('DELETE', `/devicegroups/${group.id}`)).status, 204);
        await impt.fails(`Error: Device Group "${group.id}", saved in Test Configuration File, does not exist anymore.`, 'test', 'info');
        await impt.ok('test', 'delete', '--entities', '-q');
        assert.ok(!impt.has('.impt.test'));
    });

    test('delete', async () => {
        await impt.ok('test', 'create', '-g', group.id);
        await impt.ok('test', 'delete', '-q');
        assert.ok(!impt.has('.impt.test'));
        assert.equal((await api.read(`/devicegroups/${group.id}`)).id, group.id);
    });

    test('delete --entities', async () => {
        const build = await api.deployment(group, { flagged: true });
        await api.assign(group, await server.addDevices(account.username, 2));
        await impt.ok('test', 'create', '-g', group.id);
        await impt.ok('test', 'delete', '--entities', '-q');
        for (const path of [`/deployments/${build.id}`, `/devicegroups/${group.id}`, `/products/${product.id}`]) {
            assert.ok(await api.isGone(path), path);
        }
    });
});
