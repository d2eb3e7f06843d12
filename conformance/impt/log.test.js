// impt log get | stream
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { onLine, untilOnline } from '../harness/line.js';
import { openSession } from '../harness/session.js';

const LOG = String.raw`\[server\.log\]`;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const OPENED = 'Press <Ctrl-C> to exit.';

onEachDatabase('impt log', (server) => {
    let sessions = 0;

    /** An account of its own for each test, because an account has one stream; with devices in a group. */
    const prepare = async (count) => {
        const session = await openSession(server, { username: `watcher${++sessions}` });
        const { account, api } = session;
        const group = await api.deviceGroup(await api.product('Quiet'), 'quiet');
        const devices = await server.addDevices(account.username, count);
        await api.assign(group, devices);
        for (const [i, added] of devices.entries()) {
            const { attributes } = (await api.patch(`/devices/${added.id}`, { data: { type: 'device', id: added.id, attributes: { name: `bed ${i}` } } })).data;
            Object.assign(added, { name: attributes.name, agent_id: attributes.agent_id });
        }
        return { ...session, group, devices };
    };

    const stream = (t, impt, ...args) => {
        const command = impt.start('log', 'stream', ...args);
        t.after(() => command.kill());
        return command;
    };

    test('get', async (t) => {
        const { api, impt, devices: [added] } = await prepare(1);
        const page = (...args) => impt.json('log', 'get', '-d', added.id, ...args);
        assert.deepEqual(await page('-n', '1000', '-s', '100'), []);
        const device = await onLine(t, server, added);
        for (let i = 0; i < 5; i++) await device.log(`line ${i}`, { ack: true });
        const logs = async () => (await api.list(`/devices/${added.id}/logs`)).map(({ msg }) => msg);
        for (const deadline = Date.now() + 10_000; !(await logs()).includes('line 4'); ) assert.ok(Date.now() < deadline);

        for (const identifier of [added.id, added.mac_address, added.agent_id, added.name]) {
            const entries = await impt.json('log', 'get', '-d', identifier, '--page-number', '1', '--page-size', '2');
            assert.deepEqual(entries.map(({ type, msg }) => [type, msg]), [['server.log', 'line 4'], ['server.log', 'line 3']]);
            assert.match(entries[0].ts, new RegExp(`^${TIME}$`));
        }
        assert.deepEqual((await page('-n', '2', '-s', '2')).map(({ msg }) => msg), ['line 2', 'line 1']);
        assert.match(await impt.ok('log', 'get', '-d', added.id, '-n', '1', '-s', '1'), new RegExp(`${TIME} ${LOG} line 4`));
        await impt.fails('Error: Device "nothing" is not found.', 'log', 'get', '-d', 'nothing', '-n', '1');

        // Without a page number, it goes on with every press of Enter.
        const pages = impt.start('log', 'get', '-d', added.id, '-s', '4');
        t.after(() => pages.kill());
        for (const i of [4, 3, 2, 1]) await pages.line(new RegExp(`${LOG} line ${i}$`));
        await pages.line('Press <Enter>');
        pages.type('\n');
        await pages.line(new RegExp(`${LOG} line 0$`));
        await pages.line('Press <Enter>');
        pages.type('\n');
        await pages.line('No more logs are available.');
        pages.endInput();
        await pages.succeeds();
    });

    test('stream the lines of a device, by each of its names', async (t) => {
        const { impt, devices: [added] } = await prepare(1);
        const device = await onLine(t, server, added);
        for (const identifier of [added.id, added.mac_address, added.agent_id, added.name]) {
            const command = stream(t, impt, '-d', identifier);
            await command.line(/^Log stream for Device\(s\) ".*" is opened\.$/);
            await command.line(OPENED);
            await device.log(`by ${identifier}`);
            await command.line(new RegExp(`^${TIME} ${LOG} by ${identifier}$`));
            await command.interrupt();
        }
        await impt.fails('Error: Device "nothing" is not found.', 'log', 'stream', '-d', 'nothing');
    });

    test('stream the lines of several devices, and of a group', async (t) => {
        const { api, impt, group, devices } = await prepare(2);
        for (const args of [devices.flatMap(({ mac_address }) => ['-d', mac_address]), ['-g', group.attributes.name]]) {
            const command = stream(t, impt, ...args);
            await command.line(OPENED);
            const connected = await Promise.all(devices.map((added) => onLine(t, server, added)));
            for (const device of connected) {
                await device.log('moisture 41');
                await command.line(new RegExp(`^\\[${device.id}\\] ${TIME} ${LOG} moisture 41$`));
            }
            await Promise.all(connected.map((device) => device.stop()));
            await command.line('[status] Device disconnected');
            await command.interrupt();
            await untilOnline(api, devices, false);
        }
    });

    test('a second stream ends the first', async (t) => {
        const { impt, devices } = await prepare(2);
        const first = stream(t, impt, '-d', devices[0].id);
        await first.line(OPENED);
        const second = stream(t, impt, '-d', devices[1].id);
        await second.line(OPENED);
        await first.line(/closed/i);
        await first.succeeds();
        await second.interrupt();
    });
}, { concurrency: 2 });
