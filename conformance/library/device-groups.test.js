// imp-central-api: device groups
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { ImpCentralApi, signedInLibrary } from '../harness/library.js';
import { openAccount } from '../harness/session.js';

const { DeviceGroups } = ImpCentralApi;
const TYPES = [
    DeviceGroups.TYPE_DEVELOPMENT,
    DeviceGroups.TYPE_PRE_DUT,
    DeviceGroups.TYPE_PRE_PRODUCTION,
    DeviceGroups.TYPE_PRE_FACTORY_FIXTURE,
    DeviceGroups.TYPE_DUT,
    DeviceGroups.TYPE_PRODUCTION,
    DeviceGroups.TYPE_FACTORY_FIXTURE,
];

onEachDatabase('imp-central-api device groups', (server) => {
    let account, api, deviceGroups, deployments, product;
    before(async () => {
        ({ account, api } = await openAccount(server));
        ({ deviceGroups, deployments } = await signedInLibrary(server, account));
        product = await api.product('Product');
    });

    test('create, update and delete one of each type', async () => {
        const created = {};
        for (const type of TYPES) {
            const prefix = type.startsWith('pre_') ? 'pre_' : '';
            const target = (kind) => ({ type: `${prefix}${kind}_devicegroup`, id: created[`${prefix}${kind}_devicegroup`].id });
            const targets = type.includes('factoryfixture') ? [target('production'), target('dut')] : [];
            const { data } = await deviceGroups.create(product.id, type, { name: type, env_vars: { a: 1, b: 'two' } }, ...targets);
            created[type] = data;
            assert.equal(data.type, type);
            assert.deepEqual(data.attributes.env_vars, { a: 1, b: 'two' });
            assert.deepEqual((await deviceGroups.get(data.id)).data, data);
            const { data: renamed } = await deviceGroups.update(data.id, type, { name: `new ${type}`, description: 'd' }, ...targets);
            assert.deepEqual([renamed.attributes.name, renamed.attributes.description], [`new ${type}`, 'd']);
            assert.deepEqual(renamed.relationships, data.relationships);
            assert.deepEqual((await deviceGroups.update(data.id, type, {})).data, renamed);
            const filters = { [DeviceGroups.FILTER_PRODUCT_ID]: product.id, [DeviceGroups.FILTER_OWNER_ID]: account.id, [DeviceGroups.FILTER_TYPE]: type };
            assert.deepEqual(ids((await deviceGroups.list(filters)).data), [data.id]);
        }
        await refusal(deviceGroups.delete(created.production_devicegroup.id), 400, 409);
        await refusal(deviceGroups.delete(created.pre_dut_devicegroup.id), 400, 409);
        for (const type of [...TYPES].reverse()) assert.equal(await deviceGroups.delete(created[type].id), undefined);
    });

    test('refusals', async () => {
        const { data: group } = await deviceGroups.create(product.id, DeviceGroups.TYPE_DEVELOPMENT, { name: 'taken' });
        const { title, detail } = await refusal(deviceGroups.create(product.id, DeviceGroups.TYPE_DUT, { name: 'taken' }), 400, 409);
        assert.deepEqual([title, detail], ['Duplicate Resource', 'Devicegroups must have unique names.']);
        await refusal(deviceGroups.create('nonsense', DeviceGroups.TYPE_DEVELOPMENT, { name: 'x' }), 404);
        await refusal(deviceGroups.update(group.id, DeviceGroups.TYPE_PRODUCTION, { name: 'x' }), 400, 409);
        for (const env_vars of [{ '1a': 1 }, { a: {} }, { a: 'x'.repeat(16_001) }, [], 'a']) {
            await refusal(deviceGroups.update(group.id, group.type, { env_vars }), 400);
        }
    });

    test('current and minimum supported deployment', async () => {
        const { data: group } = await deviceGroups.create(product.id, DeviceGroups.TYPE_DEVELOPMENT, { name: 'deployed' });
        assert.ok(!('current_deployment' in group.relationships));
        const builds = [];
        for (const n of [0, 1, 2]) builds.push((await deployments.create(group.id, group.type, { device_code: `// ${n}`, agent_code: '' })).data);
        const relationships = async () => (await deviceGroups.get(group.id)).data.relationships;
        assert.equal((await relationships()).current_deployment.id, builds[2].id);
        assert.equal((await relationships()).min_supported_deployment.id, builds[0].id);
        await deviceGroups.updateMinSupportedDeployment(group.id, builds[1].id);
        await deviceGroups.updateMinSupportedDeployment(group.id, builds[1].id);
        assert.equal((await relationships()).min_supported_deployment.id, builds[1].id);
        await refusal(deviceGroups.updateMinSupportedDeployment(group.id, builds[0].id), 400, 409);
    });

    test('devices in and out, restarts', async () => {
        const { data: group } = await deviceGroups.create(product.id, DeviceGroups.TYPE_DEVELOPMENT, { name: 'devices' });
        const [a, b] = await server.addDevices(account.username, 2);
        const present = async () => ids(await api.list(`/devices?filter[devicegroup.id]=${group.id}`));
        assert.equal(await deviceGroups.addDevices(group.id), undefined, 'no devices at all');
        assert.equal(await deviceGroups.addDevices(group.id, a.id, b.mac_address), undefined);
        assert.equal(await deviceGroups.addDevices(group.id, a.id), undefined, 'again');
        assertSameItems(await present(), ids([a, b]));
        await deviceGroups.restartDevices(group.id);
        await deviceGroups.conditionalRestartDevices(group.id);

        await refusal(deviceGroups.delete(group.id), 400, 409);
        assert.equal(await deviceGroups.removeDevices(group.id, null, a.mac_address), undefined);
        assert.deepEqual(await present(), [b.id]);
        const { status } = await refusal(deviceGroups.removeDevices(group.id, null, a.id), 400);
        assert.equal(status, '404');
        // Not all or nothing: the one that can be done is done.
        await refusal(deviceGroups.removeDevices(group.id, null, 'nonsense', b.id), 400);
        assert.deepEqual(await present(), []);
        await refusal(deviceGroups.addDevices(group.id, 'nonsense', b.id), 400);
        assert.deepEqual(await present(), [b.id]);
    });
});
