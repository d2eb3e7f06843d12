// Virtual imps that run device code: deployed, restarted and read with impt; offline, asleep and in a crash loop.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { onEachDatabase } from './harness/each-database.js';
import { deviceLog, powerImps, untilLogged } from './harness/imp.js';
import { Impstead } from './harness/impstead.js';
import { untilOnline } from './harness/line.js';
import { openAccount, openSession } from './harness/session.js';
import { until } from './harness/until.js';

const OPENED = 'Press <Ctrl-C> to exit.';
const CONNECTED = 'status: Device connected';
const DISCONNECTED = 'status: Device disconnected';

/** What the log says of a program of so many bytes that was fetched: an imp006 has room for a mebibyte. */
const downloaded = (code) => {
    const hundredths = Math.floor((Buffer.byteLength(code) * 10_000) / 1_048_576);
    const percent = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
    return `status: Downloading new code; ${percent}% program storage used`;
};

onEachDatabase('virtual imps', (server) => {
    let account, api, impt, product;
    let groups = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        product = await api.product('Imps');
    });

    const prepare = async () => {
        const group = await api.deviceGroup(product, `imps ${++groups}`);
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(group, [added]);
        return { group, added };
    };

    const deploy = async (group, device_code, agent_code = '// agent\n') => {
        impt.write('device.nut', device_code);
        impt.write('agent.nut', agent_code);
        await impt.ok('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');
    };

    test('boot, deploy and restart with impt; what the imp logs streams, and its agent answers', async (t) => {
        const { group, added } = await prepare();
        const imps = powerImps(t, server, [added]);
        await untilOnline(api, [added]);
        const stream = impt.start('log', 'stream', '-d', added.id);
        t.after(() => stream.kill());
        await stream.line(OPENED);

        const code = 'server.log("up " + __EI.DEVICEGROUP_NAME);\nagent.on("ping", @(n) agent.send("pong", n + 1));\n';
        const agent = `
            local waiting = null;
            device.on("pong", @(n) waiting.send(200, "pong " + n));
            http.onrequest(function(request, response) { waiting = response; device.send("ping", request.query.n.tointeger()); });`;
        await deploy(group, code, agent);
        const up = `server.log: up imps ${groups}`;
        await untilLogged(api, added, CONNECTED, downloaded(code), up);
        await stream.line(new RegExp(`\\[server\\.log\\] up imps ${groups}$`));
        assert.equal(await imps.line('up'), `up imps ${groups}`);

        const { agent_url, agent_running } = (await api.read(`/devices/${added.id}`)).attributes;
        assert.equal(agent_running, true);
        assert.equal(await (await fetch(`${agent_url}?n=41`)).text(), 'pong 42');

        await impt.ok('device', 'restart', '-d', added.id);
        await untilLogged(api, added, CONNECTED, downloaded(code), up, up);
        await stream.line(new RegExp(`\\[server\\.log\\] up imps ${groups}$`));
        const entries = (await impt.json('log', 'get', '-d', added.id, '-n', '1', '-s', '100')).reverse();
        assert.deepEqual(entries.filter(({ type }) => type === 'server.log').map(({ msg }) => msg), [`up imps ${groups}`, `up imps ${groups}`]);

        const next = 'server.log("next");\n';
        await deploy(group, next);
        await impt.ok('device', 'restart', '-d', added.id);
        await untilLogged(api, added, up, downloaded(next), 'server.log: next');
        await stream.interrupt();
        imps.signal('SIGINT');
        assert.equal(await imps.ended, 0);
        await untilLogged(api, added, 'server.log: next', DISCONNECTED);
    });

    test('an error that nothing catches, again and again', async (t) => {
        const { group, added } = await prepare();
        const code = 'function fail() { local none = {}; return none.missing; }\nserver.log("trying");\nfail();\n';
        powerImps(t, server, [added]);
        await untilOnline(api, [added]);
        await deploy(group, code);
        const crash = [
            'server.log: trying',
            "server.error: ERROR: the index 'missing' does not exist",
            'server.error: ERROR:   in fail device_code:1',
            'server.error: ERROR:   in main device_code:3',
        ];
        const expected = [CONNECTED, downloaded(code), ...crash, ...crash];
        await until('two crashes', async () => (await deviceLog(api, added)).length >= expected.length);
        assert.deepEqual((await deviceLog(api, added)).slice(0, expected.length), expected);
        // New code ends it.
        await deploy(group, 'server.log("well");\n');
        await impt.ok('device', 'restart', '-d', added.id);
        await until('the end of it', async () => (await deviceLog(api, added)).at(-1) === 'server.log: well');
    });

    test('deep sleep', async (t) => {
        const { group, added } = await prepare();
        const sleeper = 'server.log("awake");\nimp.onidle(@() server.sleepfor(2));\n';
        powerImps(t, server, [added]);
        await untilOnline(api, [added]);
        await deploy(group, sleeper);
        await until('two nights', async () => (await deviceLog(api, added)).filter((line) => line === 'server.log: awake').length >= 2);
        assert.deepEqual((await deviceLog(api, added)).slice(0, 7), [
            CONNECTED,
            downloaded(sleeper),
            'server.log: awake',
            'server.sleep: sleeping for 2 seconds',
            DISCONNECTED,
            CONNECTED,
            'server.log: awake',
        ]);
    });

    test('offline it goes on, and connects again', async (t) => {
        const { group, added } = await prepare();
        const code = `
            server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 10);
            local count = 0;
            agent.on("leave", function(_) {
                server.disconnect();
                imp.wakeup(0.5, function() {
                    local code = server.log("said offline");
                    server.connect(@(reason) server.log("connected: " + reason + ", offline: " + code), 10);
                });
            });
            server.log("here");`;
        powerImps(t, server, [added]);
        await untilOnline(api, [added]);
        await deploy(group, code, 'http.onrequest(function(request, response) { device.send("leave", null); response.send(200, "ok"); });');
        await untilLogged(api, added, 'server.log: here');
        const { agent_url } = (await api.read(`/devices/${added.id}`)).attributes;
        await fetch(agent_url);
        await untilLogged(api, added, 'server.log: here', DISCONNECTED, CONNECTED, 'server.log: connected: 5, offline: 1');
    });

    test('the server comes and goes; the imp keeps its code', async (t) => {
        const { group, added } = await prepare();
        const code = 'server.log("up");\nlocal n = 0;\nfunction beat() { imp.wakeup(0.3, beat); n++; agent.send("beat", n); }\nbeat();\n';
        const folder = server.scratch('kept');
        const first = powerImps(t, server, [added], { folder });
        await untilOnline(api, [added]);
        await deploy(group, code);
        await untilLogged(api, added, downloaded(code), 'server.log: up');
        await server.restart();
        await untilOnline(api, [added]);
        // It went on where it was: it did not start again.
        assert.equal((await deviceLog(api, added)).filter((line) => line === 'server.log: up').length, 1);
        first.signal('SIGTERM');
        assert.equal(await first.ended, 0);
        const second = powerImps(t, server, [added], { folder });
        await second.line('up');
        await untilLogged(api, added, CONNECTED, 'server.log: up');
    });

    test('imps of the server: by their resource, and by our commands', async () => {
        const group = await api.deviceGroup(product, `imps ${++groups}`);
        const commands = await Impstead.signedIn(server, account);
        const imp = await commands.json('virtual-imp', 'create', '--name', `Bed ${groups}`);
        assert.deepEqual([imp.type, imp.attributes.state, imp.attributes.imp_type], ['virtual_imp', 'started', 'imp006']);
        await api.assign(group, [imp]);
        await deploy(group, 'server.log("in the server");\n');
        await until('its line', async () => (await deviceLog(api, imp)).at(-1) === 'server.log: in the server');
        await commands.ok(['virtual-imp', 'stop', `Bed ${groups}`]);
        await untilOnline(api, [imp], false);
        assert.deepEqual((await commands.table('virtual-imp', 'list')).map(({ ID, STATE }) => [ID, STATE]), [[imp.id, 'stopped']]);
        await commands.ok(['virtual-imp', 'start', imp.id]);
        await untilLogged(api, imp, DISCONNECTED, CONNECTED, 'server.log: in the server');
        await commands.fails(1, /^error: Device In Use: The device is assigned to a devicegroup/, ['virtual-imp', 'delete', imp.id]);
    });

    test('a button on the board of an imp of the server is pressed, and its program lights a LED', async (t) => {
        const group = await api.deviceGroup(product, `imps ${++groups}`);
        const url = `${server.url}/impstead/v1/virtual_imps`;
        const made = await api.post(url, { data: { type: 'virtual_imp', attributes: { name: 'Door', board: 'button-led' } } });
        const imp = made.data;
        const path = `${url}/${imp.id}`;
        const set = (inputs) => api.patch(path, { data: { type: 'virtual_imp', attributes: { inputs } } });
        assert.deepEqual([imp.attributes.board, imp.attributes.imp_type], ['button-led', 'imp001']);
        // Whoever holds the pin keeps the board's own button from being pressed.
        await set({ pin1: 1 });
        await api.assign(group, [imp]);
        await deploy(group, `
            light <- hardware.pin8;
            light.configure(DIGITAL_OUT, 0);
            button <- hardware.pin1;
            presses <- 0;
            button.configure(DIGITAL_IN_PULLUP, function() {
                if (button.read() == 1) return;
                light.write(++presses % 2);
                server.log("pressed " + presses + ", the knob at " + hardware.pin5.read());
            });
            hardware.pin5.configure(ANALOG_IN);
            server.log("ready");`);
        await untilLogged(api, imp, 'server.log: ready');
        const commands = await Impstead.signedIn(server, account);
        const watch = commands.start('virtual-imp', 'watch', 'Door');
        t.after(() => watch.kill());
        await watch.line('pin8=0 (digital_out)');
        await set({ pin5: 40000, pin1: 'press' });
        await watch.line(/^\S+ pin8=1$/);
        await untilLogged(api, imp, 'server.log: pressed 1, the knob at 40000');
        assert.deepEqual((await api.read(path)).attributes.outputs.pin8, { mode: 'digital_out', value: 1 });
        // Once more, by the commands, when the button is up again.
        await until('the button to be up', async () => (await api.read(path)).attributes.outputs.pin1.value === 1);
        await commands.ok(['virtual-imp', 'set', 'Door', 'pin1=press']);
        await watch.line(/^\S+ pin8=0$/);
        await untilLogged(api, imp, 'server.log: pressed 2, the knob at 40000');

        await commands.ok(['virtual-imp', 'set', 'Door', 'link=off']);
        await untilOnline(api, [imp], false);
        await commands.ok(['virtual-imp', 'set', 'Door', 'link=on']);
        await untilOnline(api, [imp]);
        // What is set lasts, and so does the board.
        await server.restart();
        await untilOnline(api, [imp]);
        const { board, inputs } = (await api.read(path)).attributes;
        assert.deepEqual([board, inputs], ['button-led', { pin1: '1', pin5: '40000' }]);
        // Nobody else sees it, or does anything to it.
        const { api: other } = await openAccount(server, { username: `other${groups}` });
        assert.equal((await other.request('GET', path, null, { accept: 'text/event-stream' })).status, 404);
        const inputsOf = { data: { type: 'virtual_imp', attributes: { inputs: { pin1: 0 } } } };
        assert.equal((await other.request('PATCH', path, inputsOf)).status, 404);
    });

    test('inputs and outputs of an imp that is a process', async (t) => {
        const { group, added } = await prepare();
        const program = 'light <- hardware.pin9; light.configure(DIGITAL_OUT, 0);\nhardware.pin2.configure(DIGITAL_IN, @() light.write(hardware.pin2.read()));\n';
        const imps = powerImps(t, server, [added], { args: ['--board', 'button-led', '--inputs', '-'] });
        await untilOnline(api, [added]);
        await deploy(group, program);
        await imps.line('pin9=0');
        imps.type('pin2=1\n');
        await imps.line('pin9=1');
        // A line with a mistake does nothing, and the next is read.
        imps.type('pin2=0 pin99=1\n');
        imps.type(`${added.id} pin2=0 link=on\n`);
        await imps.line('pin9=0');
        imps.signal('SIGINT');
        assert.equal(await imps.ended, 0);
    });

    test('many imps in one process', async (t) => {
        const group = await api.deviceGroup(product, `imps ${++groups}`);
        const devices = await server.addDevices(account.username, 20);
        await api.assign(group, devices);
        await deploy(group, 'server.log("one of many");\n');
        const imps = powerImps(t, server, devices, { args: ['--count', '15', '--json'] });
        const lines = (await imps.lines.take(15)).map((line) => JSON.parse(line));
        assert.deepEqual(lines.map(({ device_id }) => device_id).sort(), devices.slice(0, 15).map(({ id }) => id).sort());
        assert.deepEqual(new Set(lines.map(({ type, msg }) => `${type}: ${msg}`)), new Set(['log: one of many']));
        imps.signal('SIGINT');
        assert.equal(await imps.ended, 0);
    });
});
