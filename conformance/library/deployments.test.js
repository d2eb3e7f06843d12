// imp-central-api: deployments
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertSameItems, assertSameOrder, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { ImpCentralApi, signedInLibrary } from '../harness/library.js';
import { openAccount } from '../harness/session.js';

const { Deployments } = ImpCentralApi;

onEachDatabase('imp-central-api deployments', (server) => {
    let account, api, deployments, product;
    before(async () => {
        ({ account, api } = await openAccount(server));
        ({ deployments } = await signedInLibrary(server, account));
        product = await api.product('Product');
    });

    test('create, get, update', async () => {
        const group = await api.deviceGroup(product, 'one');
        const attributes = { device_code: 'local d = 1;', agent_code: '', description: 'd', origin: 'o', flagged: true, tags: ['b', 'a', 'A-Z_*.0'] };
        const { data } = await deployments.create(group.id, group.type, attributes);
        for (const [name, value] of Object.entries(attributes)) assert.deepEqual(data.attributes[name], value, name);
        assert.equal(data.relationships.product.id, product.id);
        assert.deepEqual((await deployments.get(data.id)).data, data);

        const updated = (await deployments.update(data.id, { tags: ['z'], flagged: false, description: null })).data;
        assert.deepEqual([updated.attributes.tags, updated.attributes.flagged, updated.attributes.description], [['z'], false, null]);
        assert.deepEqual((await deployments.update(data.id, {})).data.attributes.tags, ['z']);
        await refusal(deployments.update(data.id, { tags: ['no spaces'] }), 400);
    });

    test('list with filters', async () => {
        const [one, two] = [await api.deviceGroup(product, 'filtered one'), await api.deviceGroup(product, 'filtered two', 'dut')];
        const a = await api.deployment(one, { tags: ['x', 'y'], flagged: true, device_code: '// filtered a' });
        const b = await api.deployment(one, { tags: ['y', 'with.dot'], device_code: '// filtered b' });
        const c = await api.deployment(two, { tags: ['x', 'y', 'only-c'], device_code: '// filtered b' });
        const list = async (filters) => ids((await deployments.list(filters)).data);
        const inOne = { [Deployments.FILTER_DEVICE_GROUP_ID]: one.id };
        assertSameOrder(await list(inOne), ids([b, a]), 'newest first');
        assert.deepEqual(await list({ ...inOne, [Deployments.FILTER_FLAGGED]: true }), [a.id]);
        assert.deepEqual(await list({ ...inOne, [Deployments.FILTER_FLAGGED]: 'false' }), [b.id]);
        assertSameItems(await list({ ...inOne, [Deployments.FILTER_FLAGGED]: 'any' }), ids([a, b]));
        assertSameItems(await list({ [Deployments.FILTER_TAGS]: 'x,y' }), ids([a, c]));
        assertSameItems(await list({ [Deployments.FILTER_TAGS]: 'only-c' }), [c.id]);
        assertSameItems(await list({ [Deployments.FILTER_TAGS]: 'with.dot' }), [b.id]);
        assert.deepEqual(await list({ [Deployments.FILTER_TAGS]: 'X' }), [], 'tags are compared exactly');
        assertSameItems(await list({ [Deployments.FILTER_SHA]: c.attributes.sha }), ids([b, c]));
        const all = { [Deployments.FILTER_OWNER_ID]: account.id, [Deployments.FILTER_CREATOR_ID]: account.id, [Deployments.FILTER_PRODUCT_ID]: product.id };
        assertSameItems((await list({ ...all, ...inOne })), ids([a, b]));
        assert.deepEqual(await list({ ...inOne, [Deployments.FILTER_FLAGGER_ID]: account.id }), [a.id]);
    });

    test('code that does not compile', async () => {
        const group = await api.deviceGroup(product, 'broken');
        const broken = 'local fine = 1;\nlocal x = ;\n';
        for (const [file, attributes] of [
            ['device_code', { device_code: broken, agent_code: '' }],
            ['agent_code', { device_code: '', agent_code: broken }],
        ]) {
            const error = await refusal(deployments.create(group.id, group.type, attributes), 400);
            assert.deepEqual([error.code, error.title], ['CX005', 'Compilation Error']);
            const [{ row, column, text, type, ...rest }] = error.meta;
            assert.deepEqual([row, type, rest], [2, 'error', { file }]);
            assert.ok(Number.isInteger(column) && column > 0 && text.length > 0);
        }
        const both = await refusal(deployments.create(group.id, group.type, { device_code: broken, agent_code: broken }), 400);
        assert.deepEqual(both.meta, [{ file: 'device_code', row: 2, column: 12, type: 'error', text: 'expression expected' }]);
        assert.deepEqual((await deployments.list({ [Deployments.FILTER_DEVICE_GROUP_ID]: group.id })).data, []);
        await server.addLibrary('Rocky.agent.lib.nut:3.0.1', 'class Rocky {}\n');
        const library = '#require "Rocky.agent.lib.nut:3.0.1"\nlocal app = Rocky();\n';
        await deployments.create(group.id, group.type, { device_code: '', agent_code: library });
    });

    test('refusals', async () => {
        const group = await api.deviceGroup(product, 'refused');
        const code = { device_code: '', agent_code: '' };
        await refusal(deployments.create('nonsense', group.type, code), 404);
        await refusal(deployments.create(group.id, 'dut_devicegroup', code), 400, 409);
        for (const bad of [{ device_code: null }, { tags: ['a b'] }, { tags: 'a' }, { tags: Array(51).fill('0123456789') }, { flagged: 'yes' }]) {
            await refusal(deployments.create(group.id, group.type, { ...code, ...bad }), 400);
        }
        await refusal(deployments.get(group.id), 404);
        const flagged = await api.deployment(group, { flagged: true });
        const { title, detail } = await refusal(deployments.delete(flagged.id), 400, 409);
        assert.equal(title, 'Resource Flagged');
        assert.equal(detail, 'You cannot delete flagged deployments; set the flagged attribute to false and try again.');
    });
});
