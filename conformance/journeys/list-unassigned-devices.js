// Journey 3: list the devices that belong to no group.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { Impstead, exampleLines } from '../harness/impstead.js';
import { Impt } from '../harness/impt.js';
import { everyPage, signedInLibrary } from '../harness/library.js';

export function listUnassignedDevices(server, world) {
    test('imp-central-api: list the devices that belong to no group', async () => {
        const api = await signedInLibrary(server, world.owner);
        const filter = { 'filter[devicegroup.owner.id]': 'null' };
        const devices = await everyPage((number, size) => api.devices.list(filter, number, size), 100);
        assertSameItems(ids(devices), ids(world.unassigned));
        for (const { attributes, relationships } of devices) {
            assert.ok(!('devicegroup' in relationships) && !('product' in relationships));
            assert.equal(attributes.agent_id, null);
            assert.equal(attributes.agent_url, null);
        }
    });

    test('impt: list the devices that belong to no group', async () => {
        const impt = await Impt.signedIn(server, world.owner);
        const devices = await impt.json('device', 'list', '--unassigned');
        assertSameItems(ids(devices.map((item) => item.Device)), ids(world.unassigned));
        const macs = devices.map(({ Device }) => Device.mac_address);
        assertSameItems(macs, world.unassigned.map((device) => device.mac_address));
        assert.ok(devices.every(({ Device }) => !('Device Group' in Device)));

        const assigned = await impt.json('device', 'list', '--assigned');
        assertSameItems(ids(assigned.map((item) => item.Device)), ids(world.assigned));
        assert.ok(assigned.every(({ Device }) => Device['Device Group'].name.startsWith('Beds ')));
        assert.match(await impt.ok('device', 'list'), new RegExp(`^Device list \\(${world.assigned.length + world.unassigned.length} items\\):$`, 'm'));
    });

    test('impstead: list the devices that belong to no group', async () => {
        const impstead = await Impstead.signedIn(server, world.owner);
        const devices = await impstead.json('device', 'list', '--unassigned');
        assertSameItems(ids(devices), ids(world.unassigned));
        assert.deepEqual(devices.at(-1), await world.api.read(`/devices/${devices.at(-1).id}`), 'as the server sent it');
        const rows = await impstead.table('device', 'list', '--unassigned');
        const printed = rows.map(({ ID, MAC, ONLINE, GROUP }) => `${ID} ${MAC} ${ONLINE} ${GROUP}`);
        assertSameItems(printed, world.unassigned.map(({ id, mac_address }) => `${id} ${mac_address} no -`));

        const all = await impstead.table('device', 'list');
        assertSameItems(all.map(({ ID }) => ID), ids([...world.assigned, ...world.unassigned]));
        assertSameItems(all.filter(({ GROUP }) => GROUP !== '-').map(({ ID }) => ID), ids(world.assigned));
        const [group] = world.groups;
        const its = await impstead.table('device', 'list', '--group', group.attributes.name);
        assert.equal(its.length, 5);
        assert.ok(its.every(({ GROUP }) => GROUP === group.attributes.name));
    });

    test('impstead-client: list the devices that belong to no group', async () => {
        const lines = await exampleLines('unassigned_devices', [server.endpoint, world.owner.email, world.owner.password]);
        assertSameItems(lines, world.unassigned.map(({ id, mac_address }) => `${id}  ${mac_address}  (no name)`));
    });
}
