// imp-central-api: devices
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { everyPage, ImpCentralApi, signedInLibrary } from '../harness/library.js';
import { onLine } from '../harness/line.js';
import { openAccount } from '../harness/session.js';

const { Devices } = ImpCentralApi;

onEachDatabase('imp-central-api devices', (server) => {
    let account, api, devices, product, group;
    before(async () => {
        ({ account, api } = await openAccount(server));
        ({ devices } = await signedInLibrary(server, account));
        product = await api.product('Product');
        group = await api.deviceGroup(product, 'group');
    });

    test('by id, MAC address and agent id', async () => {
        const [device] = await server.addDevices(account.username, 1);
        await api.assign(group, [device]);
        const { data } = await devices.get(device.id);
        assert.match(data.id, /^[0-9a-f]{16}$/);
        assert.match(data.attributes.mac_address, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        for (const identifier of [device.mac_address, data.attributes.agent_id]) {
            assert.equal((await devices.get(identifier)).data.id, device.id);
            assert.equal((await devices.update(identifier, { name: `by ${identifier}` })).data.attributes.name, `by ${identifier}`);
            await devices.restart(identifier);
            await devices.conditionalRestart(identifier);
        }
        for (const name of [null, 'a name', '']) {
            assert.equal((await devices.update(device.id, { name })).data.attributes.name, name || null);
        }
    });

    test('the log, newest first and page by page, by id, MAC address and agent id', async (t) => {
        const [added] = await server.addDevices(account.username, 1);
        assert.deepEqual((await devices.getLogs(added.id, 1, 1)).data, []);
        await api.assign(group, [added]);
        const { agent_id } = (await api.read(`/devices/${added.id}`)).attributes;
        const device = await onLine(t, server, added);
        const lines = Array.from({ length: 25 }, (_, i) => `line ${i}`);
        for (const line of lines.slice(0, -1)) await device.log(line);
        await device.log(lines.at(-1), { ack: true });

        const newest = async (identifier) => (await devices.getLogs(identifier, 1, 1)).data;
        for (const deadline = Date.now() + 10_000; (await newest(added.id))[0]?.msg !== lines.at(-1); ) assert.ok(Date.now() < deadline);
        for (const identifier of [added.id, added.mac_address, agent_id]) {
            const [entry, ...none] = await newest(identifier);
            assert.deepEqual(none, []);
            assert.deepEqual(entry, { device_id: added.id, ts: entry.ts, log_type: 'development', type: 'server.log', msg: lines.at(-1) });
        }
        const entries = await everyPage((number, size) => devices.getLogs(added.id, number, size), 10);
        const own = entries.filter(({ type }) => type === 'server.log');
        assert.deepEqual(own.map(({ msg }) => msg), [...lines].reverse());
        assert.deepEqual(entries.map(({ ts }) => ts), entries.map(({ ts }) => ts).sort().reverse());
        const [first, second] = [await devices.getLogs(added.id, 1, 10), await devices.getLogs(added.id, 2, 10)];
        assert.deepEqual([first.data.length, second.data.length], [10, 10]);
        assert.ok('next' in first.links && 'first' in first.links && 'self' in first.links);
        await refusal(devices.getLogs('nonsense', 1, 1), 404);
    });

    test('all five filters in one request', async () => {
        const [device] = await server.addDevices(account.username, 1);
        await api.assign(group, [device]);
        const filters = {
            [Devices.FILTER_OWNER_ID]: account.id,
            [Devices.FILTER_PRODUCT_ID]: product.id,
            [Devices.FILTER_DEVICE_GROUP_ID]: group.id,
            [Devices.FILTER_DEVICE_GROUP_OWNER_ID]: account.id,
            [Devices.FILTER_DEVICE_GROUP_TYPE]: group.type,
        };
        assert.ok(ids((await devices.list(filters)).data).includes(device.id));
        assert.deepEqual((await devices.list({ ...filters, [Devices.FILTER_DEVICE_GROUP_TYPE]: 'dut_devicegroup' })).data, []);
    });

    test('delete only what is in no group', async () => {
        const [device] = await server.addDevices(account.username, 1);
        await api.assign(group, [device]);
        await refusal(devices.delete(device.id), 400, 409);
        const body = { data: [{ type: 'device', id: device.id }] };
        assert.equal((await api.request('DELETE', `/devicegroups/${group.id}/relationships/devices`, body)).status, 204);
        await refusal(devices.restart(device.id), 400, 409);
        assert.equal(await devices.delete(device.mac_address), undefined);
        await refusal(devices.get(device.id), 404);
    });
});
