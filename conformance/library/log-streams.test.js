// imp-central-api: log streams
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { ImpCentralApi, signedInLibrary } from '../harness/library.js';
import { onLine } from '../harness/line.js';
import { Queue } from '../harness/queue.js';
import { openAccount } from '../harness/session.js';

const { FORMAT_JSON, FORMAT_TEXT } = ImpCentralApi.LogStreams;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

onEachDatabase('imp-central-api log streams', (server) => {
    let account, api, logStreams, group;
    before(async () => {
        ({ account, api } = await openAccount(server));
        ({ logStreams } = await signedInLibrary(server, account));
        group = await api.deviceGroup(await api.product('Streams'), 'streams');
    });

    /** A device in the group, with its agent id. */
    const addDevice = async () => {
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(group, [added]);
        return { ...added, agent_id: (await api.read(`/devices/${added.id}`)).attributes.agent_id };
    };

    /** Opens a stream and sees it opened; states and messages come as objects, whatever the format. */
    const open = async (t, format = FORMAT_TEXT) => {
        const [states, messages, errors] = ['state change', 'log line', 'error'].map((what) => new Queue(what));
        const { data } = await logStreams.create(messages.push, states.push, errors.push, format);
        t.after(() => logStreams.close(data.id).catch(() => {}));
        const state = async () => {
            const text = await states.next();
            if (format === FORMAT_TEXT) return text;
            const { state: word, device_id } = JSON.parse(text);
            return device_id ? `${device_id} ${word}` : word;
        };
        const line = async () => {
            const text = await messages.next();
            if (format === FORMAT_JSON) return JSON.parse(text);
            const [, device_id, ts, log_type, type, msg] = text.match(/^(\S+) (\S+) (\S+) (\S+) ([^]*)$/);
            return { device_id, ts, log_type, type, msg };
        };
        assert.equal(await state(), 'opened');
        return { id: data.id, url: data.attributes.url, state, line, errors, messages };
    };

    for (const format of [FORMAT_TEXT, FORMAT_JSON]) {
        test(`devices by id, MAC address and agent id, and their lines (${format})`, async (t) => {
            const added = await addDevice();
            const device = await onLine(t, server, added);
            const stream = await open(t, format);
            for (const identifier of [added.id, added.mac_address, added.agent_id]) {
                assert.equal(await logStreams.addDevice(stream.id, identifier), undefined);
                assert.equal(await stream.state(), `${added.id} subscribed`);
                await device.log(`by ${identifier}`);
                const entry = await stream.line();
                assert.match(entry.ts, TIMESTAMP);
                assert.deepEqual(entry, { device_id: added.id, ts: entry.ts, log_type: 'development', type: 'server.log', msg: `by ${identifier}` });
                assert.deepEqual(Object.keys(entry), ['device_id', 'ts', 'log_type', 'type', 'msg']);
                assert.equal(await logStreams.removeDevice(stream.id, identifier), undefined);
                assert.equal(await stream.state(), `${added.id} unsubscribed`);
            }
            await device.log('seen by nobody', { ack: true });
            await logStreams.addDevice(stream.id, added.id);
            await stream.state();
            await device.log('first line\nsecond line\n\n  the last, ü');
            await device.error('the index \'x\' does not exist');
            assert.equal((await stream.line()).msg, 'first line\nsecond line\n\n  the last, ü');
            const error = await stream.line();
            assert.deepEqual([error.type, error.msg], ['server.error', 'ERROR: the index \'x\' does not exist']);
            await refusal(logStreams.addDevice(stream.id, 'nonsense'), 404);
            await refusal(logStreams.addDevice('nonsense', added.id), 404);
            assert.deepEqual([stream.messages.length, stream.errors.length], [0, 0]);
        });
    }

    test('what happens to a device is told in order', async (t) => {
        const added = await addDevice();
        const stream = await open(t, FORMAT_JSON);
        await logStreams.addDevice(stream.id, added.id);
        const device = await onLine(t, server, added);
        assert.deepEqual(pick(await stream.line()), ['status', 'Device connected']);
        for (let i = 0; i < 100; i++) await device.log(`line ${i}`);
        for (let i = 0; i < 100; i++) assert.deepEqual(pick(await stream.line()), ['server.log', `line ${i}`]);
        await device.stop();
        assert.deepEqual(pick(await stream.line()), ['status', 'Device disconnected']);
    });

    test('beyond the limit of devices, the one added first goes', async (t) => {
        const devices = await server.addDevices(account.username, 9);
        const stream = await open(t);
        for (const { id } of devices.slice(0, 8)) {
            await logStreams.addDevice(stream.id, id);
            assert.equal(await stream.state(), `${id} subscribed`);
        }
        await logStreams.addDevice(stream.id, devices[8].id);
        const last = [await stream.state(), await stream.state()];
        assert.deepEqual(last.sort(), [`${devices[0].id} unsubscribed`, `${devices[8].id} subscribed`].sort());
    });

    test('a second stream closes the first, whose id is worth nothing then', async (t) => {
        const first = await open(t);
        const second = await open(t);
        assert.equal(await first.state(), 'closed');
        // The library itself comes back after a second, with the old id.
        assert.equal((await first.errors.next()).statusCode, 404);
        const [device] = await server.addDevices(account.username, 1);
        await refusal(logStreams.addDevice(first.id, device.id), 404);
        await logStreams.addDevice(second.id, device.id);
        assert.equal(await second.state(), `${device.id} subscribed`);
    });

    test('a stream that was left is gone, and a new one goes on', async (t) => {
        const added = await addDevice();
        const device = await onLine(t, server, added);
        const left = await open(t);
        await logStreams.close(left.id);
        for (let status = 204; status !== 404; await new Promise((resolve) => setTimeout(resolve, 50))) {
            ({ status } = await api.request('PUT', `/logstream/${left.id}/${added.id}`));
            assert.ok([204, 404].includes(status), String(status));
        }
        const stream = await open(t);
        await logStreams.addDevice(stream.id, added.agent_id);
        await stream.state();
        await device.log('again');
        assert.equal((await stream.line()).msg, 'again');
    });

    test('moving a device does not end its subscription', async (t) => {
        const [added] = await server.addDevices(account.username, 1);
        const stream = await open(t);
        await logStreams.addDevice(stream.id, added.id);
        assert.equal(await stream.state(), `${added.id} subscribed`);
        await api.assign(group, [added]);
        const device = await onLine(t, server, added);
        await device.log('here I am');
        while ((await stream.line()).msg !== 'here I am');
    });
});

function pick({ type, msg }) {
    return [type, msg];
}
