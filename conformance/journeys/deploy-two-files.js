// Journey 2: create a deployment from two local files, byte for byte, and see it become current.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { Api } from '../harness/http.js';
import { Impstead, exampleLines, runExample } from '../harness/impstead.js';
import { Impt } from '../harness/impt.js';
import { signedInLibrary } from '../harness/library.js';

const MEBIBYTE = 1024 * 1024;
/** Several widths of UTF-8, and what JSON has to escape. */
const TEXT = 'Grüße aus dem Gewächshaus – 温室 – теплица – 🌱 "quoted" \\back\\slash\t<&>';

const SOURCES = {
    'UTF-8': {
        device: `// ${TEXT}\nlocal text = "${'grün 🌱'}";\r\n\n\tserver.log(text);\n// no line end at the end`,
        agent: `/* ${TEXT} */\nserver.log("agent: \\"${'温室'}\\"");\n\n\n`,
    },
    '1 MiB': { device: sized('device', MEBIBYTE), agent: sized('agent', MEBIBYTE) },
    empty: { device: '', agent: '' },
};

export function deployTwoFiles(server) {
    // An account of its own, so that the lists of the other journeys stay as seeded.
    let account, reader, product;
    before(async () => {
        account = await server.createAccount({ username: 'deployer', password: 'a third password' });
        reader = await Api.signIn(server, account.username, account.password);
        product = await reader.product('Deploying');
    });

    for (const [kind, sources] of Object.entries(SOURCES)) {
        test(`imp-central-api: deploy two files of ${kind} source`, async () => {
            const api = await signedInLibrary(server, account);
            const group = await reader.deviceGroup(product, `library ${kind}`);
            const folder = server.scratch('sources');
            for (const [name, content] of Object.entries(sources)) writeFileSync(path.join(folder, `${name}.nut`), content);

            for (const description of ['first', 'second']) {
                const { data } = await api.deployments.create(group.id, group.type, {
                    device_code: readFileSync(path.join(folder, 'device.nut'), 'utf8'),
                    agent_code: readFileSync(path.join(folder, 'agent.nut'), 'utf8'),
                    description,
                });
                assert.match(data.attributes.sha, /^[0-9a-f]{64}$/);
                const stored = (await api.deployments.get(data.id)).data;
                assertSameBytes(stored.attributes.device_code, readFileSync(path.join(folder, 'device.nut')));
                assertSameBytes(stored.attributes.agent_code, readFileSync(path.join(folder, 'agent.nut')));
                assert.equal(stored.attributes.description, description);
                assert.equal(stored.relationships.devicegroup.id, group.id);
                const now = (await api.deviceGroups.get(group.id)).data.relationships;
                assert.deepEqual(now.current_deployment, { type: 'deployment', id: data.id });
                if (description === 'first') assert.deepEqual(now.min_supported_deployment, now.current_deployment);
                else assert.notEqual(now.min_supported_deployment.id, data.id);
            }
        });

        test(`impt: deploy two files of ${kind} source, and download them again`, async () => {
            const impt = await Impt.signedIn(server, account);
            const group = await reader.deviceGroup(product, `impt ${kind}`);
            impt.write('device.nut', sources.device);
            impt.write('agent.nut', sources.agent);
            const { Deployment } = await impt.json('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');

            const current = (await reader.read(`/devicegroups/${group.id}`)).relationships.current_deployment;
            assert.deepEqual(current, { type: 'deployment', id: Deployment.id });
            const stored = (await reader.read(`/deployments/${Deployment.id}`)).attributes;
            assert.equal(stored.sha, Deployment.sha);
            // impt runs its preprocessor over the files, and uploads the result that it leaves in build/.
            assertSameBytes(stored.device_code, readFileSync(impt.file('build/deviceCode.nut')));
            assertSameBytes(stored.agent_code, readFileSync(impt.file('build/agentCode.nut')));
            assertSameBytes(stored.device_code, Buffer.from(preprocessed(sources.device)));
            assertSameBytes(stored.agent_code, Buffer.from(preprocessed(sources.agent)));

            await impt.ok('build', 'get', '-b', Deployment.id, '-x', 'again.device.nut', '-y', 'again.agent.nut');
            assert.equal(impt.read('again.device.nut'), stored.device_code);
            assert.equal(impt.read('again.agent.nut'), stored.agent_code);
        });

        test(`impstead: deploy two files of ${kind} source`, async () => {
            const impstead = await Impstead.signedIn(server, account);
            const group = await reader.deviceGroup(product, `impstead ${kind}`);
            impstead.write('device.nut', sources.device);
            impstead.write('agent.nut', sources.agent);
            const deploy = ['deploy', '--group', group.attributes.name, '--device', 'device.nut', '--agent', 'agent.nut'];

            const first = await impstead.run(deploy);
            assert.equal(first.code, 0, first.stderr);
            const { current_deployment } = (await reader.read(`/devicegroups/${group.id}`)).relationships;
            const { sha } = await expectStored(current_deployment, sources);
            assert.equal(first.stdout, `Deployed to ${group.attributes.name} as ${current_deployment.id} (sha ${sha}).\n`);
            assert.equal(first.stderr, 'Devices that run older code keep it until they restart; `--restart` restarts them.\n');

            const options = ['--message', 'größer', '--tag', 'a', '--tag', 'b', '--restart'];
            const second = await impstead.json(...deploy, '--product', product.attributes.name, ...options);
            assert.deepEqual(second, await reader.read(`/deployments/${second.id}`));
            const stored = await expectStored(second, sources);
            assert.deepEqual([stored.description, stored.tags, stored.sha], ['größer', ['a', 'b'], sha]);
            const now = (await reader.read(`/devicegroups/${group.id}`)).relationships.current_deployment;
            assert.equal(now.id, second.id);
        });

        test(`impstead-client: deploy two files of ${kind} source`, async () => {
            const group = await reader.deviceGroup(product, `example ${kind}`);
            const folder = server.scratch('example');
            const files = Object.entries(sources).map(([name, content]) => {
                writeFileSync(path.join(folder, name), content);
                return path.join(folder, name);
            });
            const lines = await exampleLines('deploy', [server.endpoint, account.username, account.password, group.id, ...files]);
            const { current_deployment } = (await reader.read(`/devicegroups/${group.id}`)).relationships;
            const { sha } = await expectStored(current_deployment, sources);
            assert.deepEqual(lines, [`deployed ${sha} as ${current_deployment.id}`]);
        });
    }

    test('impstead and impstead-client: what cannot be deployed', async () => {
        const impstead = await Impstead.signedIn(server, account);
        const group = await reader.deviceGroup(product, 'refused');
        impstead.write('good.nut', '');
        impstead.write('latin-1.nut', Buffer.from('// gr\xfcn', 'latin1'));
        const deploy = (file, to) => ['deploy', '--group', to, '--device', file, '--agent', 'good.nut'];
        await impstead.fails(1, 'error: latin-1.nut is not UTF-8 text (at byte 5)\nSave it as UTF-8.\n', deploy('latin-1.nut', group.id));
        await impstead.fails(1, /^error: cannot read missing\.nut\n {2}No such file/, deploy('missing.nut', group.id));
        const unknown = 'error: there is no device group `nowhere`\n`impstead group list` shows what there is.\n';
        await impstead.fails(1, unknown, deploy('good.nut', 'nowhere'));
        const files = ['good.nut', 'good.nut'].map((name) => path.join(impstead.cwd, name));
        const { code, stderr } = await runExample('deploy', [server.endpoint, account.username, account.password, 'nowhere', ...files]);
        assert.equal(code, 1);
        assert.match(stderr, /^Error: NotFound\(/);
        assert.ok(!('current_deployment' in (await reader.read(`/devicegroups/${group.id}`)).relationships));
    });

    test('impstead and impstead-client: code that does not compile', async () => {
        const impstead = await Impstead.signedIn(server, account);
        const group = await reader.deviceGroup(product, 'broken');
        impstead.write('bad.nut', 'local fine = 1;\nlocal x = ;\n');
        impstead.write('good.nut', '');
        const places = /^bad\.nut:2:\d+: error: .+\n {2}2 \| local x = ;\n {4}\| +\^\nerror: the code does not compile; nothing was deployed\n$/;
        await impstead.fails(1, places, ['deploy', '--group', group.id, '--device', 'bad.nut', '--agent', 'good.nut']);
        await impstead.fails(1, places, ['deploy', '--group', group.id, '--device', 'good.nut', '--agent', 'bad.nut', '--json']);
        const files = ['bad.nut', 'good.nut'].map((name) => path.join(impstead.cwd, name));
        const { code, stderr } = await runExample('deploy', [server.endpoint, account.username, account.password, group.id, ...files]);
        assert.equal(code, 1);
        assert.match(stderr, /^device_code:2:\d+: .+\nError: "the code does not compile"\n$/);
        assert.ok(!('current_deployment' in (await reader.read(`/devicegroups/${group.id}`)).relationships));
    });

    /** Returns the attributes of a deployment, once its sources are those given to the last byte. */
    async function expectStored({ id }, sources) {
        const { attributes } = await reader.read(`/deployments/${id}`);
        assertSameBytes(attributes.device_code, Buffer.from(sources.device));
        assertSameBytes(attributes.agent_code, Buffer.from(sources.agent));
        return attributes;
    }
}

/** A program of exactly so many bytes: mostly comments, some of them not ASCII, in lines of ordinary length. */
function sized(name, bytes) {
    const program = `server.log("${name}");\n`;
    const line = `// ${name}: ${TEXT}\n`;
    const lines = line.repeat(Math.floor((bytes - program.length) / Buffer.byteLength(line)) - 1);
    const rest = bytes - Buffer.byteLength(program + lines);
    return `${program}${lines}//${'x'.repeat(rest - 3)}\n`;
}

/** The length first: a difference of a megabyte is no message to read. */
function assertSameBytes(text, bytes) {
    const actual = Buffer.from(text, 'utf8');
    assert.equal(actual.length, bytes.length);
    assert.ok(actual.equals(bytes), 'the stored source differs');
}

/** impt's preprocessor finds nothing to do in these files, except that it ends the last line. */
function preprocessed(source) {
    return source === '' || source.endsWith('\n') ? source : `${source}\n`;
}
