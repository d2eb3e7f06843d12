// Journey 2: create a deployment from two local files, byte for byte, and see it become current.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { Api } from '../harness/http.js';
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
