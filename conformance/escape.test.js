// One attacker's agent after the other, beside the agents of somebody else: each attack is contained, and the others go on
// answering. Their waits are printed; they are compared only with those of the same agents when nobody attacks.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Agent, STARTED } from './harness/agent.js';
import { onEachDatabase } from './harness/each-database.js';
import { NEIGHBOUR, p50, p99, waits } from './harness/latency.js';
import { onLine } from './harness/line.js';
import { openAccount } from './harness/session.js';
import { until } from './harness/until.js';

const NEIGHBOURS = 3;
const QUIET_SAMPLES = 60;
const SAMPLES = 60;

/** How much longer the median may take beside an attacker than the slowest in quiet times: machines are busy with other things, too. */
const TOLERANCE = 20;

/** An attack is several agents, since one alone could not take all threads. */
const ATTACKERS = 6;

/** Programs that never end and take all that they get. */
const BUSY = {
    'an endless loop': `server.log("begins"); while (true) {}`,
    'an endless loop in a request': `server.log("begins"); imp.wakeup(0, function() { for (local i = 0;; i++) local a = [i]; });`,
    'a regular expression that tries everything': `
        server.log("begins");
        local text = "";
        for (local i = 0; i < 200; i++) text += "a";
        while (true) try { regexp("(a|a)*(a|a)*(a|a)*b").match(text); } catch (error) {}`,
    'a comparator that never settles': `
        server.log("begins");
        local many = array(5000, 0);
        while (true) try { many.sort(@(a, b) math.rand() % 3 - 1); } catch (error) {}`,
    'a comparator that never returns': `server.log("begins"); [2, 1].sort(function(a, b) { while (true) {} });`,
    'a comparator that empties the array': `
        server.log("begins");
        while (true) { local a = [3, 1, 2]; try { a.sort(function(x, y) { a.clear(); return x <=> y; }); } catch (error) {} }`,
    'huge texts, made and dropped': `
        server.log("begins");
        while (true) try { format("%5000d %5000s", 1, "x"); } catch (error) {}`,
    'recursion that is caught': `
        server.log("begins");
        function deeper() { return deeper() + 1; }
        while (true) try { deeper(); } catch (error) {}`,
    'huge copies': `
        server.log("begins");
        local big = blob(200000);
        while (true) try { local text = big.tostring(); http.base64encode(text); http.hash.sha512(text); } catch (error) {}`,
    'JSON over and over': `
        server.log("begins");
        local items = array(3000, "0123456789");
        while (true) try { http.jsondecode(http.jsonencode(items)); } catch (error) {}`,
};

/** Programs that want too much memory. */
const GREEDY = {
    strings: `local text = "x"; while (true) text += text;`,
    arrays: `local all = []; while (true) all.append(all.len());`,
    tables: `local all = {}; for (local i = 0;; i++) all[i] <- i;`,
    blobs: `local all = blob(); while (true) all.writeblob(blob(65536));`,
    'nested tables': `local all = {}; while (true) all = { all = all };`,
};

onEachDatabase('escape', (server) => {
    let attacker, neighbours;
    before(async () => {
        attacker = await openAccount(server, { username: 'attacker' });
        neighbours = await Agent.deployTo(server, await openAccount(server), NEIGHBOURS, NEIGHBOUR);
        await waits(neighbours, QUIET_SAMPLES);
    });

    /** Does something while it watches the neighbours, and says how long they took. */
    const besideNeighbours = async (t, attack) => {
        const quiet = await waits(neighbours, QUIET_SAMPLES);
        const result = await attack();
        const busy = await waits(neighbours, SAMPLES);
        const figures = (taken) => `${p50(taken).toFixed(1)} ms, p99 ${p99(taken).toFixed(1)} ms`;
        t.diagnostic(`neighbours' waits: median ${figures(busy)}; in quiet times ${figures(quiet)}`);
        assert.ok(p50(busy) <= TOLERANCE * p99(quiet), 'the neighbours are not kept waiting');
        assert.ok(server.isRunning);
        return result;
    };

    /** What became of an attacker is said; then it runs something harmless. */
    const heals = async (agents) => {
        await agents[0].replace(NEIGHBOUR);
        if (agents.length > 1) await Promise.all(agents.slice(1).map((agent) => agent.restart()));
        await Promise.all(agents.map((agent) => agent.answers('')));
        await agents[0].api.request('DELETE', `/devicegroups/${agents[0].group.id}/relationships/devices`, {
            data: agents.map(({ added: { id } }) => ({ type: 'device', id })),
        });
    };

    for (const [name, code] of Object.entries(BUSY)) {
        test(name, async (t) => {
            const agents = await besideNeighbours(t, async () => {
                const agents = await Agent.deployTo(server, attacker, ATTACKERS, code);
                await Promise.all(agents.map((agent) => agent.untilLogged('agent.log: begins')));
                return agents;
            });
            for (const agent of agents) {
                assert.deepEqual(await agent.log(), [STARTED, 'agent.log: begins'], 'it goes on, and says nothing');
                assert.equal(await agent.isRunning(), true);
            }
            await heals(agents);
        });
    }

    for (const [name, code] of Object.entries(GREEDY)) {
        test(`too many ${name}`, async (t) => {
            const agents = await besideNeighbours(t, async () => {
                const agents = await Agent.deployTo(server, attacker, ATTACKERS, code);
                await Promise.all(agents.map((agent) => agent.untilLogged('agent.error: ERROR: out of memory')));
                return agents;
            });
            for (const agent of agents) {
                const log = await agent.log();
                // As often as it has started.
                const once = [STARTED, 'agent.error: ERROR: out of memory'];
                assert.deepEqual(log, log.map((_, i) => once[i % 2]));
            }
            await heals(agents);
        });
    }

    test('recursion', async (t) => {
        const code = `function deeper() { return deeper() + 1; } deeper();`;
        const agent = await besideNeighbours(t, async () => {
            const agent = await Agent.deploy(server, attacker, code);
            await agent.untilLogged(STARTED);
            return agent;
        });
        console.log(await agent.log());
        await heals([agent]);
    });

    test('sizes that nothing has', async (t) => {
        const attempts = {
            format: 'format("%2000000000d", 1)',
            'format of a text': 'format("%2000000000s", "x")',
            'format of a float': 'format("%.2000000000f", 1.0)',
            blob: 'blob(2000000000)',
            array: 'array(2000000000, 0)',
            resize: '[].resize(2000000000, 0)',
            'negative blob': 'blob(-1)',
            'negative array': 'array(-1)',
            'blob position': '(function() { local b = blob(1); b.seek(2000000000); b.writen(1, \'b\'); })()',
        };
        const code = Object.entries(attempts)
            .map(([name, call]) => `try { ${call}; server.log("${name}: done"); } catch (error) { server.log("${name}: " + error); }`)
            .join('\n');
        const agent = await Agent.deploy(server, attacker, code);
        await new Promise((r) => setTimeout(r, 3000));
        console.log(await agent.log());
        await heals([agent]);
    });

    test('a flood of timers', async (t) => {
        const code = `
            function flood() { while (imp.wakeup(0, flood)); }
            server.log("begins");
            flood();`;
        const agents = await besideNeighbours(t, async () => {
            const agents = await Agent.deployTo(server, attacker, ATTACKERS, code);
            await Promise.all(agents.map((agent) => agent.untilLogged('agent.log: begins')));
            return agents;
        });
        console.log(await agents[0].log());
        await heals(agents);
    });

    test('a flood of messages to the device', async (t) => {
        const code = `
            local load = blob(1000);
            device.on("go", function(_) { server.log("begins"); while (true) device.send("flood", load); });`;
        const agent = await besideNeighbours(t, async () => {
            const agent = await Agent.deploy(server, attacker, code);
            const device = await onLine(t, server, agent.added);
            await agent.untilLogged(STARTED);
            device.message('go', null);
            await agent.untilLogged('agent.log: begins');
            return agent;
        });
        console.log((await agent.log()).slice(0, 20), (await agent.log()).length);
        await heals([agent]);
    });

    test('a flood of log lines', async (t) => {
        const code = `for (local i = 0;; i++) server.log(i);`;
        const agents = await besideNeighbours(t, async () => {
            const agents = await Agent.deployTo(server, attacker, ATTACKERS, code);
            await Promise.all(agents.map((agent) => agent.untilLogged('status: Messages throttled')));
            return agents;
        });
        for (const agent of agents) console.log((await agent.log()).slice(-20), (await agent.log()).length);
        await heals(agents);
    });

    test('a flood of requests to others', async (t) => {
        const code = `
            local counts = {};
            local all = 0;
            function count(answer) {
                local status = answer.statuscode;
                if (!(status in counts)) counts[status] <- 0;
                counts[status]++;
                if (++all == 1000) foreach (status, count in counts) server.log(status + ": " + count);
            }
            for (local i = 0; i < 1000; i++) http.get("http://127.0.0.1:1/").sendasync(count);`;
        const agent = await besideNeighbours(t, async () => {
            const agent = await Agent.deploy(server, attacker, code);
            return agent;
        });
        await new Promise((r) => setTimeout(r, 1000));
        console.log((await agent.log()).slice(-20), (await agent.log()).length);
        await heals([agent]);
    });

    test('a flood of requests to the attacker itself', async (t) => {
        const agent = await Agent.deploy(server, attacker, `
            local count = 0;
            http.onrequest(@(request, response) response.send(200, (++count).tostring()));`);
        await agent.answers('');
        const began = performance.now();
        const statuses = await besideNeighbours(t, () => Promise.all(Array.from({ length: 500 }, async () => {
            const answer = await agent.fetch();
            await answer.text();
            return answer.status;
        })));
        const answered = statuses.filter((status) => status === 200).length;
        const refused = statuses.filter((status) => status === 429).length;
        assert.equal(answered + refused, statuses.length);
        const seconds = (performance.now() - began) / 1000;
        assert.ok(answered >= 30 && answered <= 40 + 20 * seconds, `${answered} of ${statuses.length} in ${seconds} s`);
        await heals([agent]);
    });
});

onEachDatabase('escape by address', (server) => {
    const ASKS = `
        http.onrequest(function(request, response) {
            local asked = http.get(request.query.url);
            asked.sendasync(@(answer) response.send(200, answer.statuscode + " " + ("location" in answer.headers ? answer.headers.location : "")));
        });`;
});
