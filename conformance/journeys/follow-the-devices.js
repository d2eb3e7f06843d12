// Journey 6: devices come on the line, somebody follows their logs with impt, restarts them and gives them new code, and
// the server is restarted under it all.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Shutdown, Wake } from '../harness/device-frames.js';
import { sha256 } from '../harness/device.js';
import { Impstead, startExample } from '../harness/impstead.js';
import { onLine, untilOnline } from '../harness/line.js';
import { openSession } from '../harness/session.js';

const FIRST = 'server.log("first");\n';
const SECOND = 'server.log("second");\n';

export function followTheDevices(server) {
    let account, api, impt, product;
    let groups = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        product = await api.product('Greenhouse');
    });

    const deploy = (group, device_code) => api.deployment(group, { device_code });

    /** A group with code, whose devices run it. */
    const prepare = async (t, count, options) => {
        const group = await api.deviceGroup(product, `beds ${++groups}`);
        await deploy(group, FIRST);
        const added = await server.addDevices(account.username, count);
        await api.assign(group, added);
        const devices = await Promise.all(added.map((one) => onLine(t, server, one, options)));
        for (const device of devices) {
            const { wakeReason, program, code } = await device.next('started');
            assert.ok(code.includes(FIRST), code);
            assert.deepEqual([wakeReason, program], [Wake.NEW_SQUIRREL, sha256(code)]);
        }
        return { group, added, devices };
    };

    const log = async (added) => (await api.list(`/devices/${added.id}/logs`)).map(({ type, msg }) => `${type}: ${msg}`);

    /** The log once it has this entry. */
    const logWith = async (added, pattern) => {
        for (const deadline = Date.now() + 10_000; ; ) {
            const entries = await log(added);
            if (entries.some((entry) => pattern.test(entry))) return entries;
            assert.ok(Date.now() < deadline, `no ${pattern} among ${entries.join('\n')}`);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    };

    test('impt device info shows whether a device is on the line, and its facts', async (t) => {
        const { added: [added], devices: [device] } = await prepare(t, 1, {
            facts: { swversion: '3fd20aa - release-42.15 - Tue Jan 13 09:00:00 2026 - production', freeMemory: 91240, rssi: -58 },
        });
        const info = async () => (await impt.json('device', 'info', '-d', added.id)).Device;
        assert.equal((await info()).device_online, true);
        const { attributes } = await api.read(`/devices/${added.id}`);
        assert.deepEqual(
            [attributes.device_online, attributes.free_memory, attributes.rssi, attributes.swversion, attributes.ip_address],
            [true, 91240, -58, device.facts.swversion, '127.0.0.1'],
        );
        assert.ok(Date.now() - Date.parse(attributes.device_state_changed_at) < 60_000);
        await device.stop();
        await untilOnline(api, [added], false);
        assert.equal((await info()).device_online, false);
        await device.start();
        await untilOnline(api, [added]);
        assert.match(await impt.ok('device', 'info', '-d', added.id), /^ *device_online: +true$/m);
    });

    test('the log tells of code and connections', async (t) => {
        const { added: [added], devices: [device] } = await prepare(t, 1);
        await logWith(added, /^status: Downloading new code; \d+\.\d\d% program storage used$/);
        await logWith(added, /^status: Device connected$/);
        device.exitCode(16, 'imp.reset()');
        await logWith(added, /^lastexitcode: .*16/);
        await device.sleep(1, 3600);
        await logWith(added, /^server\.sleep: /);
        await untilOnline(api, [added], false);
    });

    test('impt device restart, dg restart, and both with --conditional', async (t) => {
        const { group, added, devices } = await prepare(t, 2);
        const eachStarts = async (type) => {
            for (const device of devices) {
                if (type) await device.next(type);
                assert.equal((await device.next('started')).wakeReason, Wake.SW_RESTART);
            }
        };
        await impt.ok('device', 'restart', ...added.flatMap(({ id }) => ['-d', id]));
        await eachStarts('restart');
        await impt.ok('device', 'restart', ...added.flatMap(({ mac_address }) => ['-d', mac_address]), '--conditional');
        await eachStarts('shutdown');
        await impt.ok('dg', 'restart', '-g', group.id);
        await eachStarts('restart');
        await impt.ok('dg', 'restart', '-g', group.id, '--conditional');
        await eachStarts('shutdown');
    });

    test('a program with a shutdown handler goes on until it agrees', async (t) => {
        const { group, devices: [device] } = await prepare(t, 1, { onShutdown: true });
        await impt.ok('dg', 'restart', '-g', group.id, '--conditional');
        assert.equal((await device.next('shutdown')).reason, Shutdown.OTHER);
        await deploy(group, SECOND);
        await device.log('still the first', { ack: true });
        assert.equal(device.program.code.includes(FIRST), true);
        device.restarting();
        assert.ok((await device.next('started')).code.includes(SECOND));
    });

    test('impt build run brings new code to devices that run; build deploy does not', async (t) => {
        const { group, added, devices } = await prepare(t, 2);
        impt.write('device.nut', SECOND);
        impt.write('agent.nut', '// agent\n');
        const source = ['-g', group.id, '-x', 'device.nut', '-y', 'agent.nut'];
        await impt.ok('build', 'deploy', ...source);
        // Whatever a deployment might have caused comes before this acknowledgement.
        for (const device of devices) {
            await device.log('goes on', { ack: true });
            assert.ok(device.program.code.includes(FIRST));
        }
        await impt.ok('build', 'run', ...source);
        for (const device of devices) {
            const { wakeReason, code } = await device.events.until((event) => event.type === 'started' && event.code.includes(SECOND));
            assert.deepEqual([wakeReason, sha256(code)], [Wake.NEW_SQUIRREL, device.program.sha]);
        }
        await logWith(added[0], /^status: Downloading new code; /);
    });

    test('a device that comes back, is moved or taken out, gets what its group has', async (t) => {
        const { group, added: [added], devices: [device] } = await prepare(t, 1);
        await device.stop();
        await deploy(group, SECOND);
        await device.start();
        assert.ok((await device.next('started')).code.includes(SECOND));

        const other = await api.deviceGroup(product, `beds ${++groups}`);
        await deploy(other, FIRST);
        await impt.ok('device', 'assign', '-d', added.id, '-g', other.id, '-q');
        assert.ok((await device.next('started')).code.includes(FIRST));
        await impt.ok('device', 'unassign', '-d', added.id);
        await device.next('unload');
        assert.equal(device.program, null);
        await untilOnline(api, [added]);
        await device.log('without a group', { ack: true });
    });

    test('a newer connection of a device ends the older', async (t) => {
        const { added: [added], devices: [older] } = await prepare(t, 1);
        const newer = await onLine(t, server, added);
        assert.equal((await older.next('lost')).close.reason, 1);
        await newer.log('the only one', { ack: true });
        await untilOnline(api, [added]);
    });

    test('strangers are kept off the line', async (t) => {
        const { added: [added] } = await prepare(t, 1);
        const [other] = await server.addDevices(account.username, 1);
        for (const pretender of [{ ...added, secret: other.secret }, { id: '20000c2a00000001', secret: other.secret }]) {
            await assert.rejects(onLine(t, server, pretender), ({ close }) => close.reason === 2);
        }
        await untilOnline(api, [added]);
    });

    test('impstead device restart, group restart, and log: of devices and of a whole group', async (t) => {
        const { group, added, devices } = await prepare(t, 2);
        const impstead = await Impstead.signedIn(server, account);
        await impstead.ok(['device', 'restart', added[0].id]);
        await devices[0].next('restart');
        await impstead.ok(['group', 'restart', group.id, '--conditional']);
        for (const device of devices) await device.next('shutdown');

        const followers = [['--group', group.id], ['--device', ...added.map(({ id }) => id)]].map((args) => impstead.start('log', ...args, '--json'));
        t.after(() => followers.forEach((follower) => follower.kill()));
        // They say nothing when they are ready, so the devices go on until each line has been seen.
        let over = false;
        const logging = (async () => {
            for (let i = 0; !over; i++) {
                await Promise.all(devices.map((device) => device.log(`moisture ${i}`, { ack: true })));
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
        })();
        for (const follower of followers) {
            for (const { id } of added) {
                const entry = await follower.lines.until((line) => line.includes(id) && line.includes('moisture'));
                assert.deepEqual(Object.keys(JSON.parse(entry)).slice(0, 4), ['device_id', 'ts', 'log_type', 'type']);
            }
        }
        over = true;
        await logging;
        await logWith(added[0], /moisture/);
        const past = await impstead.ok(['log', '--device', added[0].id, '--history', '--grep', '^moisture 0$']);
        assert.match(past.trim(), /^[^\n]*moisture 0$/);
    });

    test('impstead-client: the example that follows logs', async (t) => {
        const { added: [added], devices: [device] } = await prepare(t, 1);
        const example = startExample('follow_logs', [server.endpoint, account.username, account.password, added.mac_address]);
        t.after(() => example.kill());
        await example.line(/^opened$/);
        await example.line(`${added.id} subscribed`);
        await device.log('moisture 41');
        await example.line(/^\S+ \S+ \[server\.log\] moisture 41$/);
        // Another stream of the account takes the place of this one.
        await api.post('/logstream', null);
        await example.line(/^closed$/);
        assert.equal(await example.ended, 0);
    });

    test('impt log stream goes on when the server is restarted under it, and so do the devices', async (t) => {
        const { added: [added], devices: [device] } = await prepare(t, 1);
        const command = impt.start('log', 'stream', '-d', added.id);
        t.after(() => command.kill());
        await command.line('Press <Ctrl-C> to exit.');
        await device.log('before', { ack: true });
        await command.line('[server.log] before');
        await server.restart();
        await command.line('The log stream is lost. Trying to reconnect...');
        await command.line('Press <Ctrl-C> to exit.', { within: 30_000 });
        await device.events.until((event) => event.type === 'open', { within: 30_000 });
        assert.equal(await device.log('after', { ack: true }), true);
        await command.line('[server.log] after');
        const entries = await logWith(added, /after/);
        assert.ok(entries.indexOf('server.log: after') < entries.indexOf('server.log: before'), 'newest first, over the restart');
        await untilOnline(api, [added]);
        await command.interrupt();
    });
}
