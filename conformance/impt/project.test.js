// impt project create | link | info | update | delete, and the commands that take their group from the project file
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

onEachDatabase('impt project', (server) => {
    let account, api, impt, product;
    let count = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
    });
    beforeEach(async () => {
        product = await api.product(`Product ${++count}`);
        impt.freshFolder();
    });

    const group = (info) => info.Project['Device Group'];
    const read = (id) => api.read(`/devicegroups/${id}`);
    const projectFile = () => JSON.parse(impt.read('.impt.project'));
    const create = async (...args) => group(await impt.json('project', 'create', '-p', product.id, ...args));

    test('create, with a new product', async () => {
        const name = `New product ${count}`;
        await impt.fails(`Error: Product "${name}" is not found.`, 'project', 'create', '-p', name, '-n', 'dev');
        const text = await impt.ok('project', 'create', '--product', name, '--create-product', '--name', 'dev', '--descr', 'made here');
        assert.match(text, /^Product ".*" is created successfully\.$/m);
        assert.match(text, /^Project is created successfully\.$/m);
        const [id] = Object.keys(projectFile().deviceGroups);
        const { type, attributes, relationships } = await read(id);
        assert.deepEqual([type, attributes.name, attributes.description], ['development_devicegroup', 'dev', 'made here']);
        assert.equal((await api.read(`/products/${relationships.product.id}`)).attributes.name, name);
        assert.deepEqual([impt.read('device.nut'), impt.read('agent.nut')], ['', '']);
    });

    test('create, of the pre-factory type, with its targets', async () => {
        const created = await create('-n', 'fixture', '--pre-factory', '-t', `target ${count}`, '-r', '-u', `dut ${count}`, '-w');
        assert.equal(created.type, 'pre-factory');
        const { relationships } = await read(created.id);
        assert.equal((await read(relationships.production_target.id)).type, 'pre_production_devicegroup');
        assert.equal((await read(relationships.production_target.id)).attributes.name, `target ${count}`);
        assert.equal((await read(relationships.dut_target.id)).type, 'pre_dut_devicegroup');
        assert.equal((await read(relationships.dut_target.id)).attributes.name, `dut ${count}`);
    });

    test('create refuses a duplicate name', async () => {
        await api.deviceGroup(product, 'taken');
        await impt.fails('Error: Duplicate Resource: Devicegroups must have unique names.', 'project', 'create', '-p', product.id, '-n', 'taken');
        assert.ok(!impt.has('.impt.project'));
    });

    test('link to an existing group, and info', async () => {
        const existing = await api.deviceGroup(product, `linked ${count}`);
        const build = await api.deployment(existing);
        const linked = group(await impt.json('project', 'link', '-g', `linked ${count}`, '-x', 'd.nut', '-y', 'a.nut'));
        assert.equal(linked.id, existing.id);
        assert.ok(impt.has('d.nut') && impt.has('a.nut'));

        const info = await impt.json('project', 'info');
        assert.deepEqual([info.Project['Device file'], info.Project['Agent file']], ['d.nut', 'a.nut']);
        assert.equal(group(info).Product.id, product.id);
        assert.equal(group(info)['Current Deployment'].id, build.id);
        const full = await impt.json('project', 'info', '--full');
        assert.equal(full.Auth.Username, account.username);
        assert.match(await impt.ok('project', 'info'), /^ *Device file: +d\.nut$/m);
    });

    test('link refuses production groups', async () => {
        const production = await api.deviceGroup(product, 'p', 'production');
        await impt.fails(/^Error: Project can not be linked to Device Group of the type "production"/m, 'project', 'link', '-g', production.id);
        await impt.fails('Error: Device Group "nothing" is not found.', 'project', 'link', '-g', 'nothing');
    });

    test('update', async () => {
        const created = await create('-n', 'old');
        const text = await impt.ok('project', 'update', '-n', 'new', '-s', 'described', '-x', 'other.nut');
        assert.match(text, /^Project is updated successfully\.$/m);
        const { attributes } = await read(created.id);
        assert.deepEqual([attributes.name, attributes.description], ['new', 'described']);
        assert.equal((await impt.json('project', 'info')).Project['Device file'], 'other.nut');
        impt.freshFolder();
        await impt.fails('Error: Project File is not found in the current directory.', 'project', 'update', '-n', 'x');
    });

    test('other commands take the group, its product and its latest build from the project', async () => {
        const created = await create('-n', 'dev');
        impt.write('device.nut', '// device\n');
        impt.write('agent.nut', '// agent\n');
        const { Deployment } = await impt.json('build', 'deploy');
        const { attributes, relationships } = await api.read(`/deployments/${Deployment.id}`);
        assert.deepEqual([attributes.device_code, attributes.agent_code], ['// device\n', '// agent\n']);
        assert.equal(relationships.devicegroup.id, created.id);

        assert.equal((await impt.json('build', 'info')).Deployment.id, Deployment.id);
        assert.equal((await impt.json('dg', 'info'))['Device Group'].id, created.id);
        assert.equal((await impt.json('product', 'info')).Product.id, product.id);
        impt.write('agent.nut', 'overwritten');
        await impt.ok('build', 'get', '-q');
        assert.equal(impt.read('agent.nut'), '// agent\n');

        const [device] = await server.addDevices(account.username, 1);
        await impt.ok('device', 'assign', '-d', device.id);
        assert.deepEqual(ids(await api.list(`/devices?filter[devicegroup.id]=${created.id}`)), [device.id]);
        await impt.ok('build', 'run');
        await impt.ok('dg', 'restart');
        const { Webhook } = await impt.json('webhook', 'create', '-u', 'https://hooks.example.net/', '-e', 'deployment', '-m', 'json');
        assert.equal((await api.read(`/webhooks/${Webhook.id}`)).relationships.devicegroup.id, created.id);
        await impt.ok('product', 'update', '-s', 'through the project');
        assert.equal((await api.read(`/products/${product.id}`)).attributes.description, 'through the project');
        await impt.ok('dg', 'unassign');
        assert.deepEqual(await api.list(`/devices?filter[devicegroup.id]=${created.id}`), []);
    });

    test('a group that is gone', async () => {
        const created = await create('-n', 'gone');
        assert.equal((await api.request('DELETE', `/devicegroups/${created.id}`)).status, 204);
        const text = await impt.fails(`Error: Device Group "${created.id}", saved in Project File, does not exist anymore.`, 'project', 'info');
        assert.match(text, /^Use "impt project delete" command to delete the outdated Project\.$/m);
        await impt.ok('project', 'delete', '-q');
        assert.ok(!impt.has('.impt.project'));
    });

    test('delete the file only', async () => {
        const created = await create('-n', 'kept');
        assert.match(await impt.ok('project', 'delete', '-q'), /^Project is deleted successfully\.$/m);
        assert.ok(!impt.has('.impt.project') && impt.has('device.nut'));
        assert.equal((await read(created.id)).attributes.name, 'kept');
        assert.match(await impt.ok('project', 'delete', '-q'), /^There is no Project File in the current directory\.$/m);
    });

    test('delete --files', async () => {
        await create('-n', 'kept');
        await impt.ok('project', 'delete', '--files', '-q');
        assert.ok(!impt.has('device.nut') && !impt.has('agent.nut'));
    });

    test('delete --entities, with the product if nothing else is in it', async () => {
        const created = await create('-n', 'gone');
        const build = await api.deployment({ ...created, type: 'development_devicegroup' }, { flagged: true });
        const [device] = await server.addDevices(account.username, 1);
        await api.assign(created, [device]);
        await impt.ok('project', 'delete', '--entities', '-q');
        assert.ok(await api.isGone(`/deployments/${build.id}`));
        assert.ok(await api.isGone(`/devicegroups/${created.id}`));
        assert.ok(await api.isGone(`/products/${product.id}`));
        assert.ok(!('devicegroup' in (await api.read(`/devices/${device.id}`)).relationships));
        assert.ok(impt.has('device.nut'));
    });

    test('delete --all of a fixture project takes its targets along', async () => {
        const created = await create('-n', 'fixture', '-f', '-t', `target ${count}`, '-r', '-u', `dut ${count}`, '-w');
        const { production_target: target, dut_target: dut } = (await read(created.id)).relationships;
        await impt.ok('project', 'delete', '--all', '-q');
        for (const { id } of [created, target, dut]) assert.ok(await api.isGone(`/devicegroups/${id}`));
        assert.ok(await api.isGone(`/products/${product.id}`));
        assert.ok(!impt.has('device.nut'));
    });

    test('delete --entities leaves a product that has other groups', async () => {
        const created = await create('-n', 'gone');
        await api.deviceGroup(product, 'stays');
        await impt.ok('project', 'delete', '-e', '-q');
        assert.ok(await api.isGone(`/devicegroups/${created.id}`));
        assert.ok(!(await api.isGone(`/products/${product.id}`)));
    });
});
