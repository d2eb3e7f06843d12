// impt log get | stream, as far as they go while nothing runs
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import * as notYet from '../harness/not-yet.js';
import { openSession } from '../harness/session.js';

onEachDatabase('impt log', (server) => {
    let account, api, impt, group, devices;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        group = await api.deviceGroup(await api.product('Quiet'), 'quiet');
        devices = await server.addDevices(account.username, 2);
    });

    test('get a page of the log of a device', notYet.live, async () => {
        for (const identifier of [devices[0].id, devices[0].mac_address]) {
            const entries = await impt.json('log', 'get', '-d', identifier, '--page-number', '1', '--page-size', '10');
            assert.ok(Array.isArray(entries) && entries.length <= 10);
            for (const entry of entries) assert.ok('ts' in entry && 'type' in entry && 'msg' in entry);
        }
        assert.deepEqual(await impt.json('log', 'get', '-d', devices[0].id, '-n', '1000', '-s', '100'), []);
        await impt.ok('log', 'get', '-d', devices[0].id, '-n', '1');
        await impt.fails('Error: Device "nothing" is not found.', 'log', 'get', '-d', 'nothing', '-n', '1');
    });

    test('open a stream of some devices, and leave it', notYet.live, async () => {
        await api.assign(group, devices);
        for (const args of [['-d', devices[0].id], ['-d', devices[0].mac_address, '-d', devices[1].id], ['-g', group.attributes.name]]) {
            const result = await impt.run(['log', 'stream', ...args], { interruptAt: 'Press <Ctrl-C> to exit.' });
            assert.match(result.text, /^Log stream for Device\(s\) ".*" is opened\.$/m);
            assert.match(result.text, /IMPT COMMAND SUCCEEDS/);
            assert.doesNotMatch(result.text, /^Error/m);
            assert.equal(result.code, 0);
        }
        await impt.fails('Error: Device "nothing" is not found.', 'log', 'stream', '-d', 'nothing');
    });
});
