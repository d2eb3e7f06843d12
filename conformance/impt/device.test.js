// impt device list | info | assign | unassign | update | restart | remove
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

onEachDatabase('impt device', (server) => {
    let account, api, impt, product, group, devices;
    let count = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
    });
    beforeEach(async () => {
        product = await api.product(`Product ${++count}`);
        group = await api.deviceGroup(product, `group ${count}`);
        devices = await server.addDevices(account.username, 3);
    });

    const stored = ({ id }) => api.read(`/devices/${id}`);
    const groupOf = async (device) => (await stored(device)).relationships.devicegroup?.id;
    const options = (identifiers) => identifiers.flatMap((identifier) => ['-d', identifier]);
    const list = async (...args) => ids((await impt.json('device', 'list', ...args)).map((item) => item.Device));
    const info = async (identifier) => (await impt.json('device', 'info', '--device', identifier)).Device;

    test('info of an unassigned device', async () => {
        const [device] = devices;
        for (const identifier of [device.id, device.mac_address]) {
            const shown = await info(identifier);
            assert.equal(shown.id, device.id);
            assert.equal(shown.mac_address, device.mac_address);
            assert.deepEqual([shown.agent_id, shown.name], ['', '']);
            assert.equal(shown.device_online, false);
            assert.ok(!('Device Group' in shown) && !('Product' in shown));
        }
        assert.match(await impt.ok('device', 'info', '-d', device.id), new RegExp(`^ *mac_address: +${device.mac_address}$`, 'm'));
    });

    test('assign by id, MAC address and name', async () => {
        await api.patch(`/devices/${devices[2].id}`, { data: { type: 'device', id: devices[2].id, attributes: { name: `named ${count}` } } });
        const identifiers = [devices[0].id, devices[1].mac_address, `named ${count}`];
        const text = await impt.ok('device', 'assign', ...options(identifiers), '-g', group.attributes.name);
        assert.match(text, /^Device\(s\) ".*", ".*", ".*" are assigned successfully to Device Group/m);
        for (const device of devices) {
            const { attributes, relationships } = await stored(device);
            assert.deepEqual(relationships.devicegroup, { type: group.type, id: group.id });
            assert.deepEqual(relationships.product, { type: 'product', id: product.id });
            assert.match(attributes.agent_id, /^[A-Za-z0-9_-]{12}$/);
            assert.ok(attributes.agent_url.endsWith(`/${attributes.agent_id}`));
        }
        assert.match(await impt.ok('device', 'assign', ...options(identifiers), '-g', group.id), /are already assigned to Device Group/);
    });

    test('info of an assigned device, found by its agent id too', async () => {
        await api.assign(group, devices);
        const build = await api.deployment(group);
        const { attributes } = await stored(devices[0]);
        for (const identifier of [devices[0].id, devices[0].mac_address, attributes.agent_id]) {
            const shown = await info(identifier);
            assert.equal(shown.id, devices[0].id);
            assert.equal(shown.agent_id, attributes.agent_id);
            assert.equal(shown['Device Group'].id, group.id);
            assert.equal(shown['Device Group']['Current Deployment'].id, build.id);
            assert.equal(shown.Product.id, product.id);
        }
    });

    test('assign moves between groups, and keeps the agent id', async () => {
        await api.assign(group, devices);
        const agent = (await stored(devices[0])).attributes.agent_id;
        const target = await api.deviceGroup(await api.product(`Elsewhere ${count}`), 'target');
        await impt.ok('device', 'assign', ...options([agent, devices[1].id]), '-g', target.id, '--confirmed');
        assert.deepEqual(await Promise.all(devices.map(groupOf)), [target.id, target.id, group.id]);
        assert.equal((await stored(devices[0])).relationships.product.id, target.relationships.product.id);
        await impt.json('device', 'assign', '-d', devices[0].id, '-g', group.id, '-q');
        assert.equal((await stored(devices[0])).attributes.agent_id, agent);
    });

    test('assign to a fixture group is possible, to production and test groups it is not', async () => {
        const production = await api.deviceGroup(product, 'p', 'pre_production');
        const dut = await api.deviceGroup(product, 'd', 'pre_dut');
        const fixture = await api.deviceGroup(product, 'f', 'pre_factoryfixture', { productionTarget: production, dutTarget: dut });
        await impt.ok('device', 'assign', '-d', devices[0].id, '-g', fixture.id);
        assert.equal(await groupOf(devices[0]), fixture.id);
        for (const target of [production, dut]) {
            await impt.fails(/^Error: /m, 'device', 'assign', '-d', devices[1].id, '-g', target.id, '-q');
            await impt.fails(/^Error: /m, 'device', 'assign', '-d', devices[0].id, '-g', target.id, '-q');
        }
        assert.deepEqual(await Promise.all(devices.map(groupOf)), [fixture.id, undefined, undefined]);
    });

    test('list with filters', async () => {
        const other = await api.deviceGroup(await api.product(`Other ${count}`), 'other');
        await api.assign(group, devices.slice(0, 1));
        await api.assign(other, devices.slice(1, 2));
        const [a, b, c] = devices.map(({ id }) => id);
        const all = await list();
        assertSameItems(all, ids(await api.list('/devices?page[size]=100')));
        assert.ok([a, b, c].every((id) => all.includes(id)));
        assert.deepEqual(await list('--product', product.id), [a]);
        assertSameItems(await list('-p', product.attributes.name, '-p', other.relationships.product.id), [a, b]);
        assert.deepEqual(await list('--dg', other.id), [b]);
        assertSameItems(await list('-g', other.id, '-g', group.attributes.name), [a, b]);
        assert.deepEqual(await list('-g', group.id, '--dg-type', 'development'), [a]);
        assert.deepEqual(await list('-g', group.id, '-y', 'production'), []);
        assert.deepEqual(await list('-y', 'production', '-y', 'dut'), []);
        assertSameItems(await list('--unassigned', '--assigned'), all);
        assert.ok((await list('--unassigned')).includes(c) && !(await list('-u')).includes(a));
        assert.ok((await list('--assigned')).includes(a) && !(await list('-a')).includes(c));
        assert.deepEqual(await list('--online'), [], 'no virtual device runs here');
        assertSameItems(await list('--offline'), all);
        assertSameItems(await list('--owner', 'me'), all);
        assert.deepEqual(await list('-o', 'nobody'), []);
        assert.deepEqual(await list('-p', product.id, '-o', account.id, '-g', group.id, '-y', 'development', '-a', '-f'), [a]);
        assert.match(await impt.ok('device', 'list', '-g', group.id), /^Device list \(1 items\):$/m);
        assert.match(await impt.ok('device', 'list', '-n'), /^No Devices are found\.$/m);
    });

    test('update the name', async () => {
        const [device] = devices;
        assert.match(await impt.ok('device', 'update', '-d', device.id, '--name', `bed ${count} · 温室`), /^Device ".*" is updated successfully\.$/m);
        assert.equal((await stored(device)).attributes.name, `bed ${count} · 温室`);
        await impt.ok('device', 'update', '-d', device.mac_address, '-n', `bed ${count}`);
        assert.equal((await info(`bed ${count}`)).id, device.id);

        await impt.ok('device', 'update', '-d', devices[1].id, '-n', `bed ${count}`);
        const text = await impt.fails(`Error: Multiple Devices "bed ${count}" are found:`, 'device', 'info', '-d', `bed ${count}`);
        assert.ok(text.includes(device.mac_address) && text.includes(devices[1].mac_address));

        await api.assign(group, [device]);
        await impt.ok('device', 'update', '-d', (await stored(device)).attributes.agent_id, '-n', 'through the agent id');
        assert.equal((await stored(device)).attributes.name, 'through the agent id');
    });

    test('restart', async () => {
        await api.assign(group, devices.slice(0, 2));
        const assigned = options([devices[0].id, devices[1].mac_address]);
        assert.match(await impt.ok('device', 'restart', ...assigned), /^Restart request for Device\(s\) ".*", ".*" is successful\.$/m);
        assert.match(await impt.ok('device', 'restart', ...assigned, '--conditional'), /^Conditional restart request for Device\(s\)/m);
        await impt.fails(/are unassigned, they cannot be restarted\.$/m, 'device', 'restart', '-d', devices[2].id);
        for (const path of ['restart', 'conditional_restart']) {
            const { status } = await api.request('POST', `/devices/${devices[2].id}/${path}`);
            assert.ok([400, 409].includes(status), `the server itself refuses, with ${status}`);
        }
    });

    test('unassign', async () => {
        await api.assign(group, devices);
        const agent = (await stored(devices[1])).attributes.agent_id;
        const text = await impt.ok('device', 'unassign', ...options([devices[0].mac_address, agent]));
        assert.match(text, /^Device\(s\) ".*", ".*" are unassigned successfully\.$/m);
        assert.deepEqual(await Promise.all(devices.map(groupOf)), [undefined, undefined, group.id]);
        for (const device of devices.slice(0, 2)) {
            const { attributes, relationships } = await stored(device);
            assert.deepEqual([attributes.agent_id, attributes.agent_url, attributes.agent_running], [null, null, false]);
            assert.ok(!('product' in relationships));
        }
        await impt.fails(`Error: Device "${agent}" is not found.`, 'device', 'info', '-d', agent);
        assert.match(await impt.ok('device', 'unassign', '-d', devices[0].id), /are already unassigned\.$/m);
        await api.assign(group, devices);
        assert.equal((await stored(devices[1])).attributes.agent_id, agent, 'back in a group, it has the same agent');
    });

    test('remove', async () => {
        const [a, b, c] = devices;
        await api.assign(group, [b, c]);
        assert.match(await impt.ok('device', 'remove', '-d', a.id, '--confirmed'), /^Device ".*" is removed successfully\.$/m);
        assert.ok(await api.isGone(`/devices/${a.id}`));
        await impt.fails(`Error: Device "${a.id}" is not found.`, 'device', 'remove', '-d', a.id, '-q');

        await impt.fails(/^Error: /m, 'device', 'remove', '-d', b.id, '-q');
        assert.equal(await groupOf(b), group.id);
        await impt.ok('device', 'remove', ...options([b.id, c.mac_address]), '--force', '-q');
        for (const { id } of [b, c]) assert.ok(await api.isGone(`/devices/${id}`));
    });

    test('devices that are nothing, or somebody else’s', async () => {
        const stranger = await openSession(server, { username: 'stranger' });
        const [theirs] = await server.addDevices('stranger', 1);
        await stranger.api.patch(`/devices/${theirs.id}`, { data: { type: 'device', id: theirs.id, attributes: { name: 'theirs' } } });
        for (const identifier of ['nothing', '0000000000000000', '00:00:00:00:00:00', group.id, theirs.id, theirs.mac_address, 'theirs']) {
            await impt.fails(`Error: Device "${identifier}" is not found.`, 'device', 'info', '-d', identifier);
        }
        await impt.fails(`Error: Device "${theirs.id}" is not found.`, 'device', 'assign', '-d', theirs.id, '-g', group.id);
        const { status, body } = await api.request('POST', `/devicegroups/${group.id}/relationships/devices`, { data: [{ type: 'device', id: theirs.id }] });
        assert.equal(status, 400);
        assert.deepEqual(body.errors.map((error) => error.status), ['404']);
        assert.ok(!('devicegroup' in (await stranger.api.read(`/devices/${theirs.id}`)).relationships));
    });
});
