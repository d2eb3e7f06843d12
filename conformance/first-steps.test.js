// What a newcomer pastes: the lines that `impstead serve --demo` prints, and the README's first ten minutes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onEachDatabase } from './harness/each-database.js';
import { Shell } from './harness/shell.js';

const README = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
const SECTION = 'The first ten minutes';
const LAST_LINE = '| impstead login ';
const LINE_LIMIT_MS = 10_000;

const ID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const DEVICE_ID = '[0-9a-f]{16}';
const IMPT_SUCCEEDS = 'IMPT COMMAND SUCCEEDS';

/** Each command of the README, in order, with what it must print. */
const EXPECTED = [
    ['API=', /^$/],
    ['TOKEN=', /^$/],
    ['curl -s $API/products', /^"Demo greenhouse"$/],
    ['curl -s $API/devices', new RegExp(`^({\\s+"id": "${DEVICE_ID}",\\s+"agent_id": ("[\\w-]{12}"|null)\\s+}\\s*){2}$`)],
    ['impt auth login', new RegExp(`Global login is successful\\.[^]*${IMPT_SUCCEEDS}$`)],
    ['impt product list', new RegExp(`^Product list \\(1 items\\):[^]*Demo greenhouse[^]*${IMPT_SUCCEEDS}$`)],
    ['impt product create', new RegExp(`^Product "[^"]+" is created successfully\\.[^]*${IMPT_SUCCEEDS}$`)],
    ['impt dg create', new RegExp(`^Device Group "Soil probes" is created successfully\\.[^]*${IMPT_SUCCEEDS}$`)],
    ["echo 'server.log", /^$/],
    ["echo 'http.onrequest", /^$/],
    ['impt build deploy', new RegExp(`^Deployment "${ID}" is created successfully\\.[^]*${IMPT_SUCCEEDS}$`)],
    ['impt device list --unassigned', new RegExp(`^Device list \\(1 items\\):[^]*Spare sensor[^]*${IMPT_SUCCEEDS}$`)],
    ['impstead login', /^Signed in to http:\/\/127\.0\.0\.1:\d+\/v5 as demo \(profile default\)\.$/],
    ['impstead product list', new RegExp(`^ID +NAME +CREATED +DESCRIPTION\n${ID} +Demo greenhouse [^]*\n${ID} +Greenhouse `)],
    ['impstead deploy', new RegExp(`^Deployed to Soil probes as ${ID} \\(sha [0-9a-f]{64}\\)\\.`)],
    ['impstead device list --unassigned --json', /^\[\n {2}{\n {4}"type": "device",[^]*"name": "Spare sensor"[^]*\n\]$/],
    ['(umask 077; impstead device add', /^$/],
    ['impstead device assign', new RegExp(`^Assigned the device ${DEVICE_ID} to Soil probes\\.$`)],
    ['impstead imp', /^hello from the device$/],
    ['impstead log', / server\.log +hello from the device$/],
    ['curl -s $(impstead device list', /^hello from the agent$/],
    ['cargo run -p impstead-client --example list_products', new RegExp(`^${ID}  Demo greenhouse\n[^]*\n    ${ID}  Soil probes \\(development_devicegroup\\)`, 'm')],
];

/** The same for the section that needs no server. */
const SQUIRREL_SECTION = 'Squirrel on its own';
const SQUIRREL_EXPECTED = [
    ["echo 'print(", /^$/],
    ['impstead squirrel run', /^6 \* 7 = 42$/],
    ['impstead squirrel check', /^1 file: no errors, no warnings$/],
    ['impstead squirrel fmt', /^$/],
    ['impstead squirrel disassemble', /^f0 function main\(\.\.\.\): /],
];

onEachDatabase('first steps', (server) => {
    test('the lines that serve --demo prints, at the first start', () => pasteTheLines(server, /^[0-9a-f]{24}$/));

    test('and at later starts, when the password is in a file only', async () => {
        await server.restart();
        await pasteTheLines(server, /^"\$\(cat .*demo-password\)"$/);
    });

    test('the first ten minutes of the README', async () => {
        await Shell.open(server, server.folder, (shell) => typeEach(server, shell, SECTION, EXPECTED));
    });

    test('Squirrel on its own, from the README', async () => {
        await Shell.open(server, server.scratch('squirrel'), (shell) => typeEach(server, shell, SQUIRREL_SECTION, SQUIRREL_EXPECTED));
    });

    test('the pages of the reference that the README and serve --demo name', async () => {
        for (const [page, type] of [['/docs', 'text/html'], ['/openapi.json', 'application/json']]) {
            const response = await fetch(server.url + page);
            assert.equal(response.status, 200, page);
            assert.ok(response.headers.get('content-type').startsWith(type), page);
        }
    });
}, { demo: true });

/** Types the commands of a section of the README, one after the other into the same shell. */
async function typeEach(server, shell, section, expected) {
    const commands = commandsOf(README, section);
    assert.deepEqual(
        commands.map((command, i) => expected[i] && command.startsWith(expected[i][0])),
        expected.map(() => true),
        `the commands have changed; this test must know them all:\n${commands.join('\n')}`,
    );
    let device = null;
    try {
        for (const [i, command] of commands.entries()) {
            const [, pattern] = expected[i];
            // Nothing else differs from what a reader types: the port, the id of a device of theirs, and building the example.
            const line = command
                .replaceAll('http://127.0.0.1:8080', server.url)
                .replace(/cargo run -p impstead-client --example (\w+) --/, shell.example('$1'))
                .replace(/(device assign) [0-9a-f]{16}/, `$1 ${device}`);
            const { code, output } = command.startsWith('impstead imp ') ? await inBackground(shell, line) : await shell.run(line);
            assert.equal(code, 0, `${line}\n${output}`);
            assert.match(output.trim(), pattern, line);
            if (command.includes('impstead device add')) device = JSON.parse((await shell.run('cat imp.json')).output).id;
        }
    } finally {
        // What goes on in the background.
        await shell.run('kill $(jobs -p) && wait');
    }
}

/** Starts what goes on until it is stopped, and waits for the first line that it prints. */
async function inBackground(shell, line) {
    await shell.run(`${line} > background.out 2> background.err &`);
    for (const deadline = Date.now() + LINE_LIMIT_MS; ; await setTimeout(20)) {
        // The shell may not have made it yet.
        const { code, output } = await shell.run('cat background.out');
        if (code === 0 && output !== '') return { code: 0, output };
        if (Date.now() > deadline) return { code: 1, output: (await shell.run('cat background.err')).output };
    }
}

/** Pastes each line after "try:" into a shell. */
async function pasteTheLines(server, password) {
    for (const deadline = Date.now() + LINE_LIMIT_MS; !server.printed.includes(LAST_LINE); await setTimeout(20)) {
        assert.ok(Date.now() < deadline, `no line for impstead login:\n${server.printed}`);
    }
    assert.ok(server.printed.includes(`\nAPI reference: ${server.url}/docs\n`), server.printed);
    const lines = server.printed.split('\ntry:\n')[1].trimEnd().split('\n').map((line) => line.trim());
    assert.deepEqual(lines.map((line) => line.split(' ')[0]), ['curl', 'impt', 'printf']);
    const [curl, impt, impstead] = lines;
    assert.match(impt.match(/--pwd (.*) --endpoint/)[1], password);

    // Not in the server's own folder: a line has to work wherever it is pasted.
    await Shell.open(server, server.scratch('elsewhere'), async (shell) => {
        const signedIn = await shell.run(curl);
        assert.equal(signedIn.code, 0, signedIn.output);
        const { access_token, refresh_token, expires_in } = JSON.parse(signedIn.output);
        assert.ok(access_token.length >= 40 && refresh_token.length > 0);
        assert.equal(expires_in, 3600);

        const withImpt = await shell.run(impt);
        assert.equal(withImpt.code, 0, withImpt.output);
        assert.match(withImpt.output, /^Global login is successful\.$/m);
        assert.match((await shell.run('impt product list')).output, /^ +name: Demo greenhouse$/m);

        const withImpstead = await shell.run(impstead);
        assert.equal(withImpstead.code, 0, withImpstead.output);
        assert.equal(withImpstead.output, `Signed in to ${server.endpoint} as demo (profile default).\n`);
    });
}

/** The lines after "$ " in the console blocks of a section; a line that ends with a backslash goes on with the next. */
function commandsOf(markdown, title) {
    const section = markdown.split(/^## /m).find((text) => text.startsWith(title));
    assert.ok(section, `the README has a section "${title}"`);
    const blocks = [...section.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, block]) => block);
    return blocks.flatMap((block) => [...block.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, command]) => command));
}
