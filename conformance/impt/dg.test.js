// impt dg create | list | info | update | builds | reassign | restart | unassign | delete
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

/** impt's names of the types, and the API's. */
const TYPES = {
    development: 'development_devicegroup',
    'pre-dut': 'pre_dut_devicegroup',
    'pre-production': 'pre_production_devicegroup',
    'pre-factory': 'pre_factoryfixture_devicegroup',
    dut: 'dut_devicegroup',
    production: 'production_devicegroup',
    factory: 'factoryfixture_devicegroup',
};
const UNIQUE_NAMES = 'Error: Duplicate Resource: Devicegroups must have unique names.';

onEachDatabase('impt dg', (server) => {
    let account, api, impt, product;
    let products = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
    });
    beforeEach(async () => {
        product = await api.product(`Product ${++products}`);
    });

    const stored = (group) => api.read(`/devicegroups/${group.id}`);
    const shown = (items) => items.map((item) => item['Device Group']);
    const create = async (name, ...args) => (await impt.json('dg', 'create', '-p', product.id, '-n', name, ...args))['Device Group'];
    const devicesOf = async (group) => ids(await api.list(`/devices?filter[devicegroup.id]=${group.id}`));
    const groupWithDevices = async (name, count) => {
        const group = await api.deviceGroup(product, name);
        const devices = await server.addDevices(account.username, count);
        await api.assign(group, devices);
        return { group, devices };
    };

    test('create a group of each type', async () => {
        for (const [type, apiType] of Object.entries(TYPES)) {
            const targets = { 'pre-factory': ['-u', 'a pre-dut', '-t', 'a pre-production'], factory: ['--dut', 'a dut', '--target', 'a production'] };
            const qualified = (targets[type] ?? []).map((arg) => (arg.startsWith('a ') ? `{me}{${product.id}}{${arg}}` : arg));
            const group = await create(`a ${type}`, '--dg-type', type, '--descr', `of type ${type}`, ...qualified);
            assert.deepEqual(group, { id: group.id, type, name: `a ${type}` });
            const { attributes, relationships, type: storedType } = await stored(group);
            assert.equal(storedType, apiType);
            assert.equal(attributes.description, `of type ${type}`);
            assert.equal(attributes.region, null);
            assert.deepEqual(attributes.env_vars, {});
            assert.deepEqual(relationships.product, { type: 'product', id: product.id });
            assert.equal(relationships.owner.id, account.id);
            assert.equal('production_target' in relationships, type in targets);
            assert.equal('dut_target' in relationships, type in targets);
            assert.ok(!('current_deployment' in relationships) && !('min_supported_deployment' in relationships));
            if (type.endsWith('production')) assert.equal(attributes.load_code_after_blessing, true);
        }
        const groups = await api.list(`/devicegroups?filter[product.id]=${product.id}&page[size]=100`);
        const byName = (name) => groups.find(({ attributes }) => attributes.name === name);
        for (const [fixture, prefix] of [['a pre-factory', 'a pre-'], ['a factory', 'a ']]) {
            const { production_target: production, dut_target: dut } = byName(fixture).relationships;
            assert.deepEqual(production, { type: byName(`${prefix}production`).type, id: byName(`${prefix}production`).id });
            assert.deepEqual(dut, { type: byName(`${prefix}dut`).type, id: byName(`${prefix}dut`).id });
        }
    });

    test('create: plain mode, default type, product by name', async () => {
        const text = await impt.ok('dg', 'create', '-p', product.attributes.name, '-n', 'plain');
        assert.match(text, /^Device Group "plain" is created successfully\.$/m);
        assert.match(text, /^ *type: +development$/m);
    });

    test('create with environment variables and a region', async () => {
        const variables = { greeting: 'Grüße "you"', limit: 42, ratio: 0.5 };
        impt.write('vars.json', JSON.stringify(variables));
        const group = await create('with variables', '--envvars', 'vars.json', '-y', 'pre-production', '--region', 'eu-west');
        const { attributes } = await stored(group);
        assert.deepEqual(attributes.env_vars, variables);
        assert.equal(attributes.region, 'eu-west');

        for (const bad of ['{"1st": 1}', '{"with space": 1}', `{"long": "${'x'.repeat(16_000)}"}`, `{"${'n'.repeat(101)}": 1}`]) {
            impt.write('bad.json', bad);
            await impt.fails(/^Error: /m, 'dg', 'create', '-p', product.id, '-n', 'bad', '-e', 'bad.json');
        }
    });

    test('names are unique within a product', async () => {
        await create('taken');
        await impt.fails(UNIQUE_NAMES, 'dg', 'create', '-p', product.id, '-n', 'taken');
        await impt.fails(UNIQUE_NAMES, 'dg', 'create', '-p', product.id, '-n', 'taken', '-y', 'production');
        const elsewhere = await api.product('Elsewhere');
        await impt.ok('dg', 'create', '-p', elsewhere.id, '-n', 'taken');
        const text = await impt.fails('Error: Multiple Device Groups "taken" are found:', 'dg', 'info', '-g', 'taken');
        assert.match(text, /^ *name: +Elsewhere$/m);
        assert.equal((await impt.json('dg', 'info', '-g', '{me}{Elsewhere}{taken}'))['Device Group'].Product.id, elsewhere.id);
    });

    test('create refuses what cannot be', async () => {
        await impt.fails('Error: Product "nothing" is not found.', 'dg', 'create', '-p', 'nothing', '-n', 'x');
        await impt.fails(/^Error: Option "--dut" must be specified/m, 'dg', 'create', '-p', product.id, '-n', 'x', '-y', 'factory');
        await impt.fails(/is of the type "development" but must be of the type "production"/, 'dg', 'create', '-p', product.id, '-n', 'x',
            '-y', 'factory', '-t', (await create('wrong target')).id, '-u', (await create('right dut', '-y', 'dut')).id);
    });

    test('an account without the right to production groups', async () => {
        const limited = await openSession(server, { username: 'limited', production: false });
        await limited.api.product('Hobby');
        await limited.impt.ok('dg', 'create', '-p', 'Hobby', '-n', 'development');
        for (const type of ['production', 'dut']) {
            await limited.impt.fails(/Invalid Permission/, 'dg', 'create', '-p', 'Hobby', '-n', type, '-y', type);
        }
        assert.equal((await limited.api.list('/devicegroups')).length, 1);
    });

    test('list with filters', async () => {
        const other = await api.product(`Other ${products}`);
        const one = await api.deviceGroup(product, 'one');
        const two = await api.deviceGroup(product, 'two', 'pre_production');
        const three = await api.deviceGroup(other, 'three', 'dut');
        const list = async (...args) => ids(shown(await impt.json('dg', 'list', ...args)));
        assertSameItems(await list(), ids(await api.list('/devicegroups?page[size]=100')));
        assertSameItems(await list('--product', product.id), ids([one, two]));
        assertSameItems(await list('-p', product.attributes.name, '-p', other.id), ids([one, two, three]));
        assertSameItems(await list('-p', product.id, '-p', other.id, '-y', 'pre-production', '--dg-type', 'dut'), ids([two, three]));
        assertSameItems(await list('-p', product.id, '--owner', 'me'), ids([one, two]));
        assert.deepEqual(await list('-p', product.id, '-y', 'factory'), []);
        assert.deepEqual(await list('-p', 'nothing'), []);
        const text = await impt.ok('dg', 'list', '-p', product.id);
        assert.match(text, /^Device Group list \(2 items\):$/m);
        assert.match(await impt.ok('dg', 'list', '-o', 'nobody'), /^No Device Groups are found\.$/m);
    });

    test('info', async () => {
        const group = await api.deviceGroup(product, `informed ${products}`, 'development', { attributes: { env_vars: { a: 1 }, description: 'd' } });
        const first = await api.deployment(group);
        const second = await api.deployment(group, { tags: ['latest'] });
        for (const identifier of [group.id, group.attributes.name]) {
            const info = (await impt.json('dg', 'info', '--dg', identifier))['Device Group'];
            assert.equal(info.id, group.id);
            assert.equal(info.type, 'development');
            assert.equal(info.description, 'd');
            assert.deepEqual(info.env_vars, { a: 1 });
            assert.equal(info.Product.id, product.id);
            assert.equal(info['Current Deployment'].id, second.id);
            assert.deepEqual(info['Current Deployment'].tags, ['latest']);
            assert.equal(info['Min supported Deployment'].id, first.id);
        }
        assert.match(await impt.ok('dg', 'info', '-g', group.id), /^ *Current Deployment: *$/m);
        for (const nothing of ['nothing', product.id, first.id, 'a/b']) {
            await impt.fails(`Error: Device Group "${nothing}" is not found.`, 'dg', 'info', '-g', nothing);
        }
    });

    test('info --full: devices, webhooks, and what points to the group', async () => {
        const production = await api.deviceGroup(product, 'p', 'pre_production');
        const dut = await api.deviceGroup(product, 'd', 'pre_dut');
        const fixture = await api.deviceGroup(product, 'f', 'pre_factoryfixture', { productionTarget: production, dutTarget: dut });
        const info = async (group) => (await impt.json('dg', 'info', '-g', group.id, '--full'))['Device Group'];
        assert.deepEqual(ids(shown((await info(production))['Production Target for'])), [fixture.id]);
        assert.deepEqual(ids(shown((await info(dut))['DUT Target for'])), [fixture.id]);
        const ofFixture = await info(fixture);
        assert.equal(ofFixture['Production Target'].id, production.id);
        assert.equal(ofFixture['DUT Target'].id, dut.id);

        const { group, devices } = await groupWithDevices('development', 7);
        const hook = await api.webhook(group);
        const full = await info(group);
        assertSameItems(ids(full.Devices.map((item) => item.Device)), ids(devices));
        assert.deepEqual(ids(full.Webhooks.map((item) => item.Webhook)), [hook.id]);
        assert.match(await impt.ok('dg', 'info', '-g', group.id, '-u'), /\.\.\. 2 more Device\(s\)/);
    });

    test('update name and description', async () => {
        const group = await create('old', '-s', 'old');
        assert.match(await impt.ok('dg', 'update', '-g', group.id, '-n', 'new'), /^Device Group ".*" is updated successfully\.$/m);
        const attributes = async () => (await stored(group)).attributes;
        assert.deepEqual([(await attributes()).name, (await attributes()).description], ['new', 'old']);
        await impt.ok('dg', 'update', '-g', group.id, '-s', 'new');
        await impt.ok('dg', 'update', '-g', group.id);
        assert.deepEqual([(await attributes()).name, (await attributes()).description], ['new', 'new']);
        await create('another');
        await impt.fails(UNIQUE_NAMES, 'dg', 'update', '-g', group.id, '-n', 'another');
        await impt.fails('Error: Device Group "nothing" is not found.', 'dg', 'update', '-g', 'nothing', '-n', 'x');
    });

    test('update environment variables', async () => {
        const group = await api.deviceGroup(product, 'variable', 'development', { attributes: { env_vars: { a: 1 } } });
        const variables = async () => (await stored(group)).attributes.env_vars;
        impt.write('vars.json', '{"b": "two"}');
        await impt.ok('dg', 'update', '-g', group.id, '--envvars', 'vars.json');
        assert.deepEqual(await variables(), { b: 'two' });
        for (const nothing of ['{}', '']) {
            impt.write('vars.json', '{"c": 3}');
            await impt.ok('dg', 'update', '-g', group.id, '-e', 'vars.json');
            assert.deepEqual(await variables(), { c: 3 });
            impt.write('vars.json', nothing);
            await impt.ok('dg', 'update', '-g', group.id, '-e', 'vars.json');
            assert.deepEqual(await variables() ?? {}, {}, `emptied by a file with "${nothing}"`);
        }
    });

    test('update load-code-after-blessing', async () => {
        for (const kind of ['production', 'pre_production']) {
            const group = await api.deviceGroup(product, kind, kind);
            await impt.ok('dg', 'update', '-g', group.id, '--load-code-after-blessing', 'false');
            assert.equal((await stored(group)).attributes.load_code_after_blessing, false);
            await impt.ok('dg', 'update', '-g', group.id, '-l');
            assert.equal((await stored(group)).attributes.load_code_after_blessing, true);
        }
        await impt.fails(/Invalid option "--load-code-after-blessing"/, 'dg', 'update', '-g', (await create('dev')).id, '-l');
    });

    test('update targets', async () => {
        const production = await api.deviceGroup(product, 'p1', 'production');
        const dut = await api.deviceGroup(product, 'd1', 'dut');
        const fixture = await api.deviceGroup(product, 'f', 'factoryfixture', { productionTarget: production, dutTarget: dut });
        const newProduction = await api.deviceGroup(product, 'p2', 'production');
        const newDut = await api.deviceGroup(product, 'd2', 'dut');
        const targets = async () => {
            const { production_target: a, dut_target: b } = (await stored(fixture)).relationships;
            return [a.id, b.id];
        };
        await impt.ok('dg', 'update', '-g', fixture.id, '--target', newProduction.id);
        assert.deepEqual(await targets(), [newProduction.id, dut.id]);
        await impt.ok('dg', 'update', '-g', fixture.id, '--dut', newDut.id);
        assert.deepEqual(await targets(), [newProduction.id, newDut.id]);
        await impt.ok('dg', 'update', '-g', fixture.id, '-t', production.id, '-u', dut.id, '-n', 'renamed');
        assert.deepEqual(await targets(), [production.id, dut.id]);
        await impt.fails(/must be of the type/, 'dg', 'update', '-g', fixture.id, '-t', dut.id);
    });

    test('update the minimum supported deployment', async () => {
        const group = await api.deviceGroup(product, 'minimum');
        const builds = [];
        for (const n of [0, 1, 2, 3]) builds.push(await api.deployment(group, { tags: [`minimum-${products}-${n}`], device_code: `// ${products} ${n}\n` }));
        const minimum = async () => (await stored(group)).relationships.min_supported_deployment;
        assert.deepEqual(await minimum(), { type: 'deployment', id: builds[0].id });
        const identifiers = [builds[1].id, builds[1].id, `minimum-${products}-2`, builds[3].attributes.sha];
        for (const [i, identifier] of identifiers.entries()) {
            const text = await impt.ok('dg', 'update', '-g', group.id, '--min-supported-deployment', identifier);
            assert.match(text, /^Min supported Deployment for Device Group ".*" is updated successfully\.$/m);
            assert.equal((await minimum()).id, builds[[1, 1, 2, 3][i]].id);
        }
        assert.equal((await stored(group)).relationships.current_deployment.id, builds[3].id);
        await impt.fails(/cannot be set to an earlier Deployment/, 'dg', 'update', '-g', group.id, '-m', builds[0].id);
        const foreign = await api.deployment(await api.deviceGroup(product, 'foreign'));
        await impt.fails(/does not belong to Device Group/, 'dg', 'update', '-g', group.id, '-m', foreign.id);
    });

    test('the server itself refuses a minimum that is older or foreign', async () => {
        const group = await api.deviceGroup(product, 'minimum');
        const [first, second] = [await api.deployment(group), await api.deployment(group)];
        const foreign = await api.deployment(await api.deviceGroup(product, 'foreign'));
        const put = async ({ id }) => {
            const body = { data: { type: 'deployment', id } };
            return (await api.request('PUT', `/devicegroups/${group.id}/relationships/min_supported_deployment`, body)).status;
        };
        assert.equal(await put(second), 200);
        assert.equal(await put(second), 200);
        assert.ok([400, 404, 409].includes(await put(first)));
        assert.ok([400, 404, 409].includes(await put(foreign)));
        assert.equal((await stored(group)).relationships.min_supported_deployment.id, second.id);
    });

    test('builds: list, unflag, unflag-old, remove', async () => {
        const group = await api.deviceGroup(product, 'builds');
        const builds = [];
        for (let i = 0; i < 5; i++) builds.push(await api.deployment(group, { flagged: i < 4 }));
        await api.setMinimum(group, builds[3]);
        const flags = async () => Promise.all(builds.map(async ({ id }) => (await api.read(`/deployments/${id}`)).attributes.flagged));
        const list = async (...args) => ids((await impt.json('dg', 'builds', '-g', group.id, ...args)).map((item) => item.Deployment));

        assertSameItems(await list(), ids(builds));
        assertSameItems(await list('--remove', '-q'), ids(builds), 'the old ones are all flagged');
        await list('--unflag-old');
        assert.deepEqual(await flags(), [false, false, false, true, false]);
        const old = builds.splice(0, 3);
        assertSameItems(await list('-r', '-q'), ids(builds));
        for (const { id } of old) assert.ok(await api.isGone(`/deployments/${id}`));
        assert.deepEqual(await flags(), [true, false]);
        const text = await impt.ok('dg', 'builds', '-g', group.id, '--unflag');
        assert.match(text, /^Deployment list \(2 items\):$/m);
        assert.deepEqual(await flags(), [false, false]);
        assert.match(await impt.ok('dg', 'builds', '-g', group.id, '-u', '-r', '-q'), /^No Deployments that can be deleted are found for Device Group/m);
    });

    test('reassign all devices', async () => {
        const { group, devices } = await groupWithDevices('from', 8);
        const target = await api.deviceGroup(product, 'to');
        const text = await impt.ok('dg', 'reassign', '--from', group.id, '--to', `{me}{${product.id}}{to}`);
        assert.match(text, /^The following Devices assigned to Device Group ".*" are reassigned successfully to Device Group/m);
        assert.match(text, /^And 3 more Device\(s\)\.$/m);
        assert.deepEqual(await devicesOf(group), []);
        assertSameItems(await devicesOf(target), ids(devices));
        assert.match(await impt.ok('dg', 'reassign', '-f', group.id, '-t', target.id), /does not have assigned Devices\.$/m);
        await impt.fails('Error: Device Group "nothing" is not found.', 'dg', 'reassign', '-f', group.id, '-t', 'nothing');
        await impt.json('dg', 'reassign', '-f', target.id, '-t', group.id);
        assertSameItems(await devicesOf(group), ids(devices));
    });

    test('restart', async () => {
        const { group } = await groupWithDevices('restarted', 2);
        await api.deployment(group);
        assert.match(await impt.ok('dg', 'restart', '-g', group.id), /^Restart request for Devices assigned to Device Group ".*" is successful:$/m);
        assert.match(await impt.ok('dg', 'restart', '-g', group.id, '--conditional'), /^Conditional restart request for Devices assigned/m);
        assert.deepEqual(await impt.json('dg', 'restart', '-g', group.id), {});
        const empty = await create('empty');
        assert.match(await impt.ok('dg', 'restart', '-g', empty.id), /does not have assigned Devices\.$/m);
        for (const path of ['restart', 'conditional_restart']) await api.post(`/devicegroups/${empty.id}/${path}`, null, 204);
        await impt.fails('Error: Device Group "nothing" is not found.', 'dg', 'restart', '-g', 'nothing');
    });

    test('unassign all devices', async () => {
        const { group, devices } = await groupWithDevices('left', 3);
        const text = await impt.ok('dg', 'unassign', '-g', group.id);
        assert.match(text, /^The following Devices are unassigned successfully from Device Group/m);
        for (const { id } of devices) {
            const { attributes, relationships } = await api.read(`/devices/${id}`);
            assert.deepEqual([attributes.agent_id, attributes.agent_url], [null, null]);
            assert.ok(!('devicegroup' in relationships) && !('product' in relationships));
        }
        assert.match(await impt.ok('dg', 'unassign', '-g', group.id), /does not have assigned Devices\.$/m);
    });

    test('delete takes the unflagged builds and the webhooks along', async () => {
        const group = await api.deviceGroup(product, `deleted ${products}`);
        const build = await api.deployment(group);
        const hook = await api.webhook(group);
        assert.match(await impt.ok('dg', 'delete', '-g', group.attributes.name, '-q'), /^Device Group ".*" is deleted successfully\.$/m);
        assert.ok(await api.isGone(`/devicegroups/${group.id}`));
        assert.ok(await api.isGone(`/deployments/${build.id}`));
        assert.ok(await api.isGone(`/webhooks/${hook.id}`));
        await impt.fails('is not found.', 'dg', 'delete', '-g', group.id, '-q');
    });

    test('delete is refused for a group with devices, with flagged builds, or that is a target', async () => {
        const { group: withDevices } = await groupWithDevices('with devices', 1);
        const withBuild = await api.deviceGroup(product, 'with build');
        await api.deployment(withBuild, { flagged: true });
        const production = await api.deviceGroup(product, 'p', 'production');
        const dut = await api.deviceGroup(product, 'd', 'dut');
        await api.deviceGroup(product, 'f', 'factoryfixture', { productionTarget: production, dutTarget: dut });
        for (const [group, error] of [
            [withDevices, /^Error: .*Devices Exist: /m],
            [withBuild, 'Error: Flagged Deployments Exist: Cannot delete a devicegroup with flagged deployments; delete those first.'],
            [production, /^Error: .*Devicegroups Exist: /m],
            [dut, /^Error: .*Devicegroups Exist: /m],
        ]) {
            await impt.fails(error, 'dg', 'delete', '-g', group.id, '-q');
            assert.ok(!(await api.isGone(`/devicegroups/${group.id}`)));
        }
    });

    test('delete --force unassigns the devices and unflags the builds', async () => {
        for (const extra of [[], ['--builds']]) {
            const { group, devices } = await groupWithDevices('forced', 2);
            const builds = [await api.deployment(group, { flagged: true }), await api.deployment(group), await api.deployment(group, { flagged: true })];
            await impt.ok('dg', 'delete', '-g', group.id, '--force', '-q', ...extra);
            assert.ok(await api.isGone(`/devicegroups/${group.id}`));
            for (const { id } of builds) assert.ok(await api.isGone(`/deployments/${id}`));
            for (const { id } of devices) assert.ok(!('devicegroup' in (await api.read(`/devices/${id}`)).relationships));
        }
    });
});
