// What an agent's life looks like in its device's log, line by line: in the history, in `impt log get` and in `impt log stream`.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Agent, STARTED } from './harness/agent.js';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { openSession } from './harness/session.js';
import { until } from './harness/until.js';

const OPENED = 'Press <Ctrl-C> to exit.';
const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) \[([\w.]+)\] (.*)$/;

/** The clock of the log counts milliseconds. */
const ROUNDING_MS = 2;

onEachDatabase('golden logs', (server) => {
    let session;
    before(async () => (session = await openSession(server)));

    /** Does something, and expects that an agent's log then has just these lines more, wherever it is read; or, if it `goesOn`, these first. */
    const expectLines = async (t, agent, act, expected, { goesOn = false } = {}) => {
        const { api, impt } = session;
        const { id } = agent.added;
        const known = (await agent.log()).length;
        const stream = impt.start('log', 'stream', '-d', id);
        t.after(() => stream.kill());
        await stream.line(OPENED);
        await act();
        await until(`${expected.length} lines`, async () => (await agent.log()).length >= known + expected.length).catch(() => {});
        const history = (await api.list(`/devices/${id}/logs?page[size]=100`)).reverse().slice(known, goesOn ? known + expected.length : undefined);
        assert.deepEqual(history.map(({ type, msg }) => `${type}: ${msg}`), expected);

        const streamed = (await stream.lines.take(expected.length)).map((line) => line.match(LINE) ?? assert.fail(line));
        assert.deepEqual(streamed.map(([, , type, msg]) => `${type}: ${msg}`), expected, 'impt log stream');
        await stream.interrupt();

        const got = (await impt.json('log', 'get', '-d', id, '-n', '1', '-s', '100')).reverse().slice(known, goesOn ? known + expected.length : undefined);
        assert.deepEqual(got.map(({ type, msg }) => `${type}: ${msg}`), expected, 'impt log get');
        assert.deepEqual(got.map(({ ts }) => ts), streamed.map(([, ts]) => ts), 'the same times everywhere');
        assert.deepEqual(got.map(({ ts }) => ts), got.map(({ ts }) => ts).sort(), 'in order');
        return got;
    };

    const isRunning = (agent, running = true) =>
        until(running ? 'its start' : 'its end', async () => (await agent.isRunning()) === running);

    /** A group with this code, and a device that is not in it yet. */
    const unassigned = async (agent_code) => {
        const { account, api } = session;
        const group = await api.deviceGroup(await api.product(`Golden ${++products}`), 'golden');
        await api.deployment(group, { agent_code });
        const [added] = await server.addDevices(account.username, 1);
        return new Agent(api, group, added, null);
    };
    let products = 0;

    const assign = (agent) => session.api.assign(agent.group, [agent.added]);

    const unassign = async (agent) => {
        const data = [{ type: 'device', id: agent.added.id }];
        const { status } = await session.api.request('DELETE', `/devicegroups/${agent.group.id}/relationships/devices`, { data });
        assert.equal(status, 204);
    };

    test('assigned, unassigned, assigned again', async (t) => {
        const agent = await unassigned('server.log("ready");\nserver.error("not quite");\n');
        const lines = [STARTED, 'agent.log: ready', 'agent.error: ERROR: not quite'];
        await expectLines(t, agent, () => assign(agent), lines);
        await expectLines(t, agent, async () => {
            await unassign(agent);
            await isRunning(agent, false);
            await assign(agent);
        }, lines);
    });

    test('deployed anew, and restarted', async (t) => {
        const agent = await Agent.deploy(server, session, 'server.log("one");\n');
        await agent.expectLog([STARTED, 'agent.log: one']);
        await expectLines(t, agent, async () => {
            await session.api.deployment(agent.group, { agent_code: 'server.log("two");\n' });
            await agent.restart();
        }, [STARTED, 'agent.log: two']);
        await expectLines(t, agent, () => agent.restart(), [STARTED, 'agent.log: two']);
    });

    test('asked to restart when it sees fit', async (t) => {
        const code = (name) => `
            server.log("${name}");
            server.onshutdown(function(reason) {
                server.log("asked because of " + reason);
                imp.wakeup(0.1, @() server.restart());
            });`;
        const agent = await Agent.deploy(server, session, code('one'));
        await agent.expectLog([STARTED, 'agent.log: one']);
        await expectLines(t, agent, () => agent.restartConditionally(), ['agent.log: asked because of 3', STARTED, 'agent.log: one']);
        await expectLines(t, agent, async () => {
            await session.api.deployment(agent.group, { agent_code: code('two') });
            await agent.restartConditionally();
        }, ['agent.log: asked because of 1', STARTED, 'agent.log: two']);
        // Nobody asks it where the restart cannot wait.
        await expectLines(t, agent, () => agent.restart(), [STARTED, 'agent.log: two']);
    });

    test('an error that nothing catches, in functions and in a library', async (t) => {
        await server.addLibrary('Scales.lib.nut:1.0.0', 'class Scales {\n    function weigh(thing) {\n        return thing.weight;\n    }\n}\n');
        const agent = await unassigned(`#require "Scales.lib.nut:1.0.0"
server.log("ready");
function outer(thing) {
    return inner(thing) + 1;
}
function inner(thing) {
    local weight = Scales().weigh(thing);
    return weight;
}
if (!("failed" in server.load())) imp.wakeup(0.05, function() {
    server.save({ failed = true });
    outer({ colour = "red" });
});
`);
        await expectLines(t, agent, () => assign(agent), [
            STARTED,
            'agent.log: ready',
            "agent.error: ERROR: the index 'weight' does not exist",
            'agent.error: ERROR:   in weigh Scales.lib.nut:3',
            'agent.error: ERROR:   in inner agent_code:7',
            'agent.error: ERROR:   in outer agent_code:4',
            'agent.error: ERROR:   in unknown agent_code:12',
            STARTED,
            'agent.log: ready',
        ]);
    });

    test('an error at the start, over and over', async (t) => {
        const agent = await unassigned('server.log("begins");\nthrow "no luck";\n');
        const life = [STARTED, 'agent.log: begins', 'agent.error: ERROR: no luck', 'agent.error: ERROR:   in main agent_code:2'];
        const got = await expectLines(t, agent, () => assign(agent), [...life, ...life, ...life], { goesOn: true });
        const [first, second, third] = got.filter(({ type }) => type === 'status').map(({ ts }) => Date.parse(ts));
        assert.ok(second - first >= 1000 - ROUNDING_MS && third - second >= 2000 - ROUNDING_MS, 'each start waits longer');
        await unassign(agent);
        await isRunning(agent, false);
    });

    test('too little memory', async (t) => {
        const agent = await unassigned('local all = [];\nwhile (true) all.append(blob(1000));\n');
        const life = [STARTED, 'agent.error: ERROR: out of memory'];
        await expectLines(t, agent, () => assign(agent), [...life, ...life], { goesOn: true });
        await unassign(agent);
        await isRunning(agent, false);
    });

    test('server.restart()', async (t) => {
        const agent = await unassigned(`
            local lives = "lives" in server.load() ? server.load().lives : 0;
            server.log("life " + lives);
            server.save({ lives = lives + 1 });
            if (lives < 2) server.restart();
            server.log("stays");`);
        await expectLines(t, agent, () => assign(agent), [
            ...[STARTED, 'agent.log: life 0', STARTED, 'agent.log: life 1', STARTED, 'agent.log: life 2', 'agent.log: stays'],
        ]);
    });

    test('lines of any length', async (t) => {
        const agent = await unassigned(`
            local text = "";
            for (local i = 0; i < 2048; i++) text += "ünïcöde";
            server.log(text.slice(0, 16380));
            server.log(text);
            server.log("\\x00\\xff");`);
        const text = Buffer.from('ünïcöde'.repeat(2048));
        await expectLines(t, agent, () => assign(agent), [
            STARTED,
            `agent.log: ${text.subarray(0, 16380)}`,
            // Not in the middle of a character.
            `agent.log: ${text.subarray(0, 16383)}... (${text.length} bytes)`,
            'agent.log: binary: 00 ff',
        ]);
    });

    test('messages without a handler, and what cannot be sent or saved', async (t) => {
        const agent = await Agent.deploy(server, session, `
            device.on("go", function(_) {
                device.send("parts", { whole = 1, part = @() null });
                server.save({ whole = 1, part = blob(3) });
                server.log(http.jsonencode(server.load()));
            });`);
        const device = await onLine(t, server, agent.added);
        await device.next('started');
        await agent.untilLogged('status: Device connected');
        await until('a quiet log', async () => {
            const before = (await agent.log()).length;
            await new Promise((resolve) => setTimeout(resolve, 200));
            return (await agent.log()).length === before;
        });
        await expectLines(t, agent, () => {
            device.message('nothing', 1);
            device.message('go', null);
        }, [
            'agent.error: ERROR: no handler for agent.send("nothing")',
            'agent.error: ERROR: skipped unserialisable data',
            'agent.error: ERROR: skipped unserialisable data',
            'agent.error: ERROR:   in unknown agent_code:4',
            'agent.log: { "whole": 1 }',
        ]);
        const { name, value } = await device.next('message');
        assert.deepEqual([name.toString(), value], ['parts', new Map([['whole', 1]])]);
    });
});
