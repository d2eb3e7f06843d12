// impt build deploy | list | info | get | update | copy | run | generate | delete | cleanup
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

const DEVICE_CODE = 'server.log("device");\n';
const AGENT_CODE = 'server.log("agent");\n';
const UNKNOWN_SHA = 'f'.repeat(64);

onEachDatabase('impt build', (server) => {
    let account, api, impt, product, group;
    let count = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
    });
    beforeEach(async () => {
        product = await api.product(`Product ${++count}`);
        group = await api.deviceGroup(product, `group ${count}`);
        impt.freshFolder();
        impt.write('device.nut', DEVICE_CODE);
        impt.write('agent.nut', AGENT_CODE);
    });

    const stored = ({ id }) => api.read(`/deployments/${id}`);
    const current = async () => (await api.read(`/devicegroups/${group.id}`)).relationships.current_deployment?.id;
    const deploy = async (...args) => (await impt.json('build', 'deploy', '-g', group.id, ...args)).Deployment;
    const list = async (...args) => ids((await impt.json('build', 'list', ...args)).map((item) => item.Deployment));
    /** Code, tags and origin that no other test of this suite uses. */
    const unique = (name, attributes = {}) =>
        api.deployment(group, { device_code: `// ${count} ${name}\n`, tags: [`${name}-${count}`], origin: `origin ${count} ${name}`, ...attributes });

    test('deploy with everything', async () => {
        const build = await deploy('-x', 'device.nut', '-y', 'agent.nut', '-s', 'nightly · 温室', '-o', 'git@example.net/gh.git#4f2a',
            '-t', 'nightly', '-t', 'v1.4.0', '-f');
        const { attributes, relationships } = await stored(build);
        assert.deepEqual([attributes.device_code, attributes.agent_code], [DEVICE_CODE, AGENT_CODE]);
        assert.equal(attributes.description, 'nightly · 温室');
        assert.equal(attributes.origin, 'git@example.net/gh.git#4f2a');
        assert.equal(attributes.flagged, true);
        assert.deepEqual(attributes.tags, ['nightly', 'v1.4.0']);
        assert.match(attributes.sha, /^[0-9a-f]{64}$/);
        assert.deepEqual(build, { id: build.id, sha: attributes.sha, tags: ['nightly', 'v1.4.0'], origin: attributes.origin, flagged: true });
        assert.deepEqual(relationships.devicegroup, { type: group.type, id: group.id });
        assert.deepEqual(relationships.product, { type: 'product', id: product.id });
        assert.deepEqual(relationships.owner, { type: 'account', id: account.id });
        assert.equal(await current(), build.id);
    });

    test('deploy with nothing: empty sources and defaults', async () => {
        const text = await impt.ok('build', 'deploy', '-g', group.attributes.name);
        assert.match(text, /^--device-file option is not specified, empty device code will be deployed\.$/m);
        const [, id] = text.match(/^Deployment "([0-9a-f-]{36})" is created successfully\.$/m);
        const { attributes } = await stored({ id });
        assert.deepEqual([attributes.device_code, attributes.agent_code], ['', '']);
        assert.deepEqual([attributes.flagged, attributes.tags, attributes.description, attributes.origin], [false, [], null, null]);
        assert.equal(await current(), id);
    });

    test('deploy to each type of group', async () => {
        const production = await api.deviceGroup(product, 'production', 'production');
        const dut = await api.deviceGroup(product, 'dut', 'dut');
        const fixture = await api.deviceGroup(product, 'fixture', 'factoryfixture', { productionTarget: production, dutTarget: dut });
        for (const target of [production, dut, fixture]) {
            const { Deployment } = await impt.json('build', 'deploy', '-g', target.id, '-x', 'device.nut');
            assert.deepEqual((await stored(Deployment)).relationships.devicegroup, { type: target.type, id: target.id });
        }
    });

    test('the same sources have the same sha', async () => {
        const one = await deploy('-x', 'device.nut', '-y', 'agent.nut');
        const two = await deploy('-x', 'device.nut', '-y', 'agent.nut', '-s', 'again', '-t', 'x');
        const swapped = await deploy('-x', 'agent.nut', '-y', 'device.nut');
        assert.equal(one.sha, two.sha);
        assert.notEqual(one.sha, swapped.sha);
        assert.notEqual(one.id, two.id);
        assert.ok((await stored(two)).attributes.created_at > (await stored(one)).attributes.created_at);
    });

    test('deploy preprocesses the files', async () => {
        impt.write('part.nut', 'local part = 1;\n');
        impt.write('main.nut', '@include "part.nut"\nlocal answer = @{6 * 7};\n');
        const build = await deploy('-y', 'main.nut');
        assert.equal((await stored(build)).attributes.agent_code, 'local part = 1;\nlocal answer = 42;\n');
        await impt.ok('build', 'generate', '-g', group.id, '-y', 'main.nut');
        assert.equal(impt.read('build/agentCode.nut'), 'local part = 1;\nlocal answer = 42;\n');
        assert.equal(await current(), build.id, 'generating uploads nothing');
    });

    test('deploy refuses bad files, groups and tags', async () => {
        await impt.fails('Error: File with IMP device source code "missing.nut" is not found.', 'build', 'deploy', '-g', group.id, '-x', 'missing.nut');
        await impt.fails('Error: Device Group "nothing" is not found.', 'build', 'deploy', '-g', 'nothing');
        for (const tags of [['not allowed!'], Array.from({ length: 11 }, (_, i) => `${i}`.padStart(50, 'x'))]) {
            await impt.fails(/^Error: /m, 'build', 'deploy', '-g', group.id, ...tags.flatMap((tag) => ['-t', tag]));
        }
        assert.equal(await current(), undefined);
    });

    test('code that does not compile', async () => {
        impt.write('bad.nut', 'local fine = 1;\nlocal x = ;\n');
        for (const [option, file, name] of [['-x', 'device_code', 'device'], ['-y', 'agent_code', 'agent']]) {
            const text = await impt.fails(/^Error: Compilation Error: /m, 'build', 'deploy', '-g', group.id, option, 'bad.nut');
            assert.match(text, new RegExp(`^${file} error \\(line 2, column \\d+\\): `, 'm'), name);
            assert.match(text, /^bad\.nut:2:\d+$/m);
        }
        const both = await impt.fails(/^Error: Compilation Error: Device code compile failed$/m, 'build', 'deploy', '-g', group.id, '-x', 'bad.nut', '-y', 'bad.nut');
        for (const file of ['device_code', 'agent_code']) {
            assert.ok(both.includes(`${file} error (line 2, column 12): expression expected`), both);
        }
        assert.match(await impt.jsonError('build', 'deploy', '-g', group.id, '-x', 'bad.nut'), /^Compilation Error: /);
        assert.equal(await current(), undefined);
        assert.deepEqual(await list('-g', group.id), []);
    });

    test('list with filters', async () => {
        const otherProduct = await api.product(`Other ${count}`);
        const other = await api.deviceGroup(otherProduct, 'other', 'pre_dut');
        const a = await unique('a', { flagged: true, tags: ['x', `x-${count}`] });
        const b = await unique('b', { tags: ['x', `x-${count}`, `y-${count}`] });
        const c = await api.deployment(other, { device_code: `// ${count} b\n` });
        const product1 = ['--product', product.id];
        const both = [...product1, '-p', otherProduct.attributes.name];
        assertSameItems(await list(), ids(await api.list('/deployments?page[size]=100')));
        assertSameItems(await list(...product1), ids([a, b]));
        assertSameItems(await list(...both), ids([a, b, c]));
        assertSameItems(await list('--dg', other.id), ids([c]));
        assertSameItems(await list('-g', other.id, '-g', group.attributes.name), ids([a, b, c]));
        assertSameItems(await list(...both, '--dg-type', 'pre-dut'), ids([c]));
        assertSameItems(await list(...both, '-y', 'pre-dut', '-y', 'development'), ids([a, b, c]));
        assert.equal(b.attributes.sha, c.attributes.sha);
        assertSameItems(await list('--sha', b.attributes.sha), ids([b, c]));
        assertSameItems(await list('-s', a.attributes.sha, '-s', b.attributes.sha), ids([a, b, c]));
        assert.deepEqual(await list('-s', UNKNOWN_SHA), []);
        assertSameItems(await list('--tag', `x-${count}`), ids([a, b]));
        assertSameItems(await list('-t', `y-${count}`), ids([b]));
        assertSameItems(await list('-t', 'unused', '-t', `y-${count}`), ids([b]));
        assertSameItems(await list(...both, '--flagged'), ids([a]));
        assertSameItems(await list(...both, '--unflagged'), ids([b, c]));
        assertSameItems(await list(...both, '-f', '-u'), ids([a, b, c]));
        assertSameItems(await list(...both, '--non-zombie'), ids([a, b, c]));
        assert.deepEqual(await list(...both, '--zombie'), []);
        assertSameItems(await list(...both, '--owner', 'me', '-s', b.attributes.sha, '-u', '-n'), ids([b, c]));
        assert.deepEqual(await list('-o', 'nobody'), []);
        assert.match(await impt.ok('build', 'list', ...product1), /^Deployment list \(2 items\):$/m);
        assert.match(await impt.ok('build', 'list', '-s', UNKNOWN_SHA), /^No Deployments are found\.$/m);
    });

    test('tags joined by a comma must all match', async () => {
        const a = await unique('a', { tags: ['one', `two-${count}`] });
        await unique('b', { tags: [`two-${count}`] });
        assert.deepEqual(await list('-t', `one,two-${count}`), [a.id]);
        assert.deepEqual(await list('-t', `two-${count},none`), []);
    });

    test('info by id, sha, tag and origin', async () => {
        const build = await unique('informed', { description: 'about it', flagged: true });
        for (const identifier of [build.id, build.attributes.sha, `informed-${count}`, `origin ${count} informed`]) {
            const { Deployment } = await impt.json('build', 'info', '--build', identifier);
            assert.equal(Deployment.id, build.id, identifier);
            assert.equal(Deployment.description, 'about it');
            assert.equal(Deployment.device_code, build.attributes.device_code);
            assert.equal(Deployment['Device Group'].id, group.id);
            assert.equal(Deployment.Product.id, product.id);
        }
        const text = await impt.ok('build', 'info', '-b', build.id);
        assert.match(text, /^ *flagged: +true$/m);
        const twin = await unique('informed');
        await impt.fails(`Error: Multiple Deployments "informed-${count}" are found:`, 'build', 'info', '-b', `informed-${count}`);
        assert.notEqual(twin.id, build.id);
        for (const nothing of ['nothing', group.id, UNKNOWN_SHA]) {
            await impt.fails(`Error: Deployment "${nothing}" is not found.`, 'build', 'info', '-b', nothing);
        }
    });

    test('get: both files, or one', async () => {
        const build = await api.deployment(group, { device_code: 'local d = 1;\n', agent_code: '// Grüße\r\n//\t温室' });
        await impt.ok('build', 'get', '-b', build.id, '--device-file', 'd.nut', '--agent-file', 'a.nut');
        assert.deepEqual([impt.read('d.nut'), impt.read('a.nut')], ['local d = 1;\n', '// Grüße\r\n//\t温室']);
        await impt.ok('build', 'get', '-b', build.id, '-x', 'only.nut', '--device-only');
        assert.equal(impt.read('only.nut'), 'local d = 1;\n');
        await impt.ok('build', 'get', '-b', build.id, '-y', 'only.nut', '--agent-only', '-q');
        assert.equal(impt.read('only.nut'), '// Grüße\r\n//\t温室');
        await impt.fails('Error: Option "--agent-file" must be specified.', 'build', 'get', '-b', build.id, '-x', 'x.nut');
    });

    test('update', async () => {
        const build = await unique('updated');
        const attributes = async () => (await stored(build)).attributes;
        assert.match(await impt.ok('build', 'update', '-b', build.id, '-s', 'new'), /^Deployment ".*" is updated successfully\.$/m);
        assert.equal((await attributes()).description, 'new');
        await impt.ok('build', 'update', '-b', build.id, '--flagged');
        assert.equal((await attributes()).flagged, true);
        await impt.ok('build', 'update', '-b', build.id, '--flagged', 'false');
        assert.equal((await attributes()).flagged, false);
        await impt.ok('build', 'update', '-b', build.id, '-t', 'second', '-t', 'third', '-t', `updated-${count}`);
        assert.deepEqual((await attributes()).tags, [`updated-${count}`, 'second', 'third']);
        await impt.ok('build', 'update', '-b', build.id, '--remove-tag', 'second', '-r', 'absent', '-t', 'fourth');
        assert.deepEqual((await attributes()).tags, [`updated-${count}`, 'third', 'fourth']);
        await impt.ok('build', 'update', '-b', build.id);
        const before = { ...build.attributes, description: 'new', tags: [`updated-${count}`, 'third', 'fourth'] };
        assert.deepEqual(await attributes(), { ...before, updated_at: (await attributes()).updated_at });
        await impt.fails('Error: Deployment "nothing" is not found.', 'build', 'update', '-b', 'nothing', '-s', 'x');
    });

    test('copy, with and without the attributes', async () => {
        const build = await unique('copied', { agent_code: AGENT_CODE, description: 'd', flagged: true });
        const target = await api.deviceGroup(product, 'target', 'pre_production');
        const copies = () => api.list(`/deployments?filter[devicegroup.id]=${target.id}`);
        assert.match(await impt.ok('build', 'copy', '-b', build.id, '-g', target.id), /^Deployment ".*" is copied successfully to Deployment ".*"\.$/m);
        const [plain] = await copies();
        const { attributes } = await stored(plain);
        assert.deepEqual([attributes.device_code, attributes.agent_code], [build.attributes.device_code, AGENT_CODE]);
        assert.equal(attributes.sha, build.attributes.sha);
        assert.deepEqual([attributes.tags, attributes.flagged, attributes.description, attributes.origin], [[], false, null, null]);

        await impt.ok('build', 'copy', '-b', build.id, '-g', target.id, '--all');
        const [full] = await copies();
        const { tags, flagged, description, origin, sha } = (await stored(full)).attributes;
        assert.deepEqual({ tags, flagged, description, origin, sha }, {
            tags: build.attributes.tags, flagged: true, description: 'd', origin: build.attributes.origin, sha: build.attributes.sha,
        });
        await impt.fails('Error: Device Group "nothing" is not found.', 'build', 'copy', '-b', build.id, '-g', 'nothing');
    });

    test('run deploys and restarts', async () => {
        const text = await impt.ok('build', 'run', '-g', group.id, '-x', 'device.nut');
        assert.match(text, /does not have assigned Devices\.$/m);
        const first = await current();
        await api.assign(group, await server.addDevices(account.username, 2));
        assert.match(await impt.ok('build', 'run', '-g', group.id, '-y', 'agent.nut'), /^Restart request for Devices assigned/m);
        assert.notEqual(await current(), first);
        assert.match(await impt.ok('build', 'run', '-g', group.id, '--conditional'), /^Conditional restart request for Devices assigned/m);
    });

    test('delete only what is older than the minimum supported deployment', async () => {
        const builds = [await unique('a'), await unique('b'), await unique('c')];
        for (const { id } of builds) {
            await impt.fails(/^Error: Impossible to delete Deployment ".*"\. It is the Min supported Deployment or newer/m, 'build', 'delete', '-b', id, '-q');
            const { status } = await api.request('DELETE', `/deployments/${id}`);
            assert.ok([400, 409].includes(status), `the server itself refuses, with ${status}`);
        }
        await api.setMinimum(group, builds[1]);
        assert.match(await impt.ok('build', 'delete', '-b', `a-${count}`, '-q'), /^Deployment ".*" is deleted successfully\.$/m);
        assert.ok(await api.isGone(`/deployments/${builds[0].id}`));
        assertSameItems(await list('-g', group.id), ids(builds.slice(1)));
        await impt.fails(`Error: Deployment "${builds[0].id}" is not found.`, 'build', 'delete', '-b', builds[0].id, '-q');
    });

    test('delete a flagged build only by force', async () => {
        const builds = [await unique('a', { flagged: true }), await unique('b')];
        await api.setMinimum(group, builds[1]);
        const error = 'Resource Flagged: You cannot delete flagged deployments; set the flagged attribute to false and try again.';
        await impt.fails(`Error: ${error}`, 'build', 'delete', '-b', builds[0].id, '-q');
        assert.equal(await impt.jsonError('build', 'delete', '-b', builds[0].id, '-q'), error);
        await impt.ok('build', 'delete', '-b', builds[0].id, '--force', '-q');
        assert.ok(await api.isGone(`/deployments/${builds[0].id}`));
    });

    test('cleanup finds nothing: builds go with their group', async () => {
        await unique('gone');
        await impt.ok('dg', 'delete', '-g', group.id, '-q');
        assert.match(await impt.ok('build', 'cleanup', '-q'), /^No Deployments are found\.$/m);
        assert.match(await impt.ok('build', 'cleanup', '-p', product.id, '--unflag', '-q'), /^No Deployments are found\.$/m);
        assert.deepEqual(await list('-m'), []);
    });
});
