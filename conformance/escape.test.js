// One attacker's agent after the other, beside the agents of somebody else: each attack is contained, and the others go on
// answering. Their waits are printed; they are compared only with those of the same agents when nobody attacks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, STARTED } from './harness/agent.js';
import { assertSameOrder } from './harness/compare.js';
import { onEachDatabase } from './harness/each-database.js';
import { NEIGHBOUR, p50, p99, waits } from './harness/latency.js';
import { onLine } from './harness/line.js';
import { rawRequest } from './harness/raw-request.js';
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
    'saving over and over': `
        server.log("begins");
        local text = "";
        while (text.len() < 60000) text += "0123456789";
        for (local i = 0;; i++) server.save({ i = i, text = text });`,
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

/** Asks for a URL, and says what came of it. */
const ASKS = `
    http.onrequest(function(request, response) {
        if (!("url" in request.query)) return response.send(200, "");
        http.get(request.query.url).sendasync(function(answer) {
            response.send(200, answer.statuscode + " " + ("location" in answer.headers ? answer.headers.location : ""));
        });
    });`;

async function ask(agent, url) {
    return (await agent.fetch(`/ask?url=${encodeURIComponent(url)}`)).text();
}

/** Addresses of this machine, of its network, and of what clouds tell their machines. */
const INSIDE = [
    ...['127.0.0.1', '127.1', '127.0.1', '127.0.0.1.', '127.255.255.254', '0.0.0.0', '0', '2130706433'],
    ...['0x7f.0.0.1', '0x7f000001', '0X7F.1', '0177.0.0.1', '017700000001', '127.0.0x0.01'],
    ...['[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:0:127.0.0.1]', '[::127.0.0.1]'],
    ...['[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::127.0.0.1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]'],
    ...['[fe80::1]', '[fc00::1]', '[fd00::1]', '[ff02::1]', '[fec0::1]'],
    ...['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.0.1', '100.64.0.1', '255.255.255.255', '224.0.0.1'],
    ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:169.254.169.254]', '[64:ff9b::a9fe:a9fe]'],
    ...['[fd00:ec2::254]', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
    ...['%31%32%37.0.0.1', '①②⑦.⓪.⓪.①', '127。0。0。1', '１２７.0.0.1'],
];

/** Paths of the API, as they stand in its own description. */
const API_PATHS = ['/v5', '/v5/', '/v5/auth', '/v5/products', '/v5/accounts/me', '//v5/products', '/impstead/v1', '/docs', '/metrics', '/health', '/openapi.json'];

/** The machine's other names and addresses. */
function ownNames() {
    const hosts = readFileSync('/etc/hosts', 'utf8').split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
    const names = hosts.filter(([address]) => /^(127\.|::1$|f[cdef])/.test(address)).flatMap(([, ...names]) => names);
    const addresses = Object.values(os.networkInterfaces()).flat().filter(({ address }) => !address.includes('%'));
    return [...names, ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))];
}

/** Listens on every address of the machine, for requests that must not come. */
async function listen(t) {
    const hits = [];
    const target = http.createServer((request, response) => {
        hits.push(request.url);
        response.end('secret');
    });
    await new Promise((resolve) => target.listen(0, '::', resolve));
    t.after(() => target.close());
    const { port } = target.address();
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'secret');
    hits.pop();
    return { hits, port };
}

/** A log, life by life. */
function livesIn(log) {
    const lives = [];
    for (const line of log) {
        if (line === STARTED) lives.push([]);
        lives.at(-1).push(line);
    }
    return lives;
}

/** What else an agent said, and that one line about a limit, although it was reached many times. */
async function assertSaidOnce(agent, others, limit) {
    const log = await agent.log();
    const own = log.filter((line) => line === STARTED || line.startsWith('agent.'));
    assert.deepEqual(own, [...others, limit]);
}

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

    const stop = async (agents) => {
        const data = agents.map(({ added: { id } }) => ({ type: 'device', id }));
        const { status } = await attacker.api.request('DELETE', `/devicegroups/${agents[0].group.id}/relationships/devices`, { data });
        assert.equal(status, 204);
        for (const agent of agents) await until('its end', async () => !(await agent.isRunning()));
    };

    /** An attacker is still its owner's: it runs what it is given, and stops when it is told to. */
    const heals = async (agents) => {
        await agents[0].api.deployment(agents[0].group, { agent_code: NEIGHBOUR });
        await Promise.all(agents.map((agent) => agent.restart()));
        await Promise.all(agents.map((agent) => agent.answers('')));
        await stop(agents);
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
        const agent = await besideNeighbours(t, async () => {
            const agent = await Agent.deploy(server, attacker, 'function deeper() { return deeper() + 1; }\ndeeper();\n');
            await agent.untilLogged('agent.error: ERROR: stack overflow');
            return agent;
        });
        for (const [start, error, ...frames] of livesIn(await agent.log())) {
            assert.deepEqual([start, error], [STARTED, 'agent.error: ERROR: stack overflow']);
            assert.ok(frames.length > 1 && frames.length <= 200, `${frames.length} lines`);
            assert.ok(frames.every((line) => line === 'agent.error: ERROR:   in deeper agent_code:1'), frames);
        }
        await heals([agent]);
    });

    test('sizes that nothing has', async (t) => {
        const outOfMemory = ['agent.error: ERROR: out of memory'];
        const attempts = {
            'format("%2000000000d", 1)': ['agent.log: width format too long'],
            'format("%2000000000s", "x")': ['agent.log: width format too long'],
            'format("%.2000000000f", 1.0)': ['agent.log: precision format too long'],
            'blob(2000000000)': outOfMemory,
            'array(2000000000, 0)': outOfMemory,
            '[].resize(2000000000, 0)': outOfMemory,
        };
        await besideNeighbours(t, () => Promise.all(Object.entries(attempts).map(async ([call, expected]) => {
            const agent = await Agent.deploy(server, attacker, `try { ${call}; } catch (error) { server.log(error); }`);
            await agent.untilLogged(...expected);
            assert.deepEqual(livesIn(await agent.log())[0], [STARTED, ...expected], call);
            await heals([agent]);
        })));
    });

    test('a flood of timers', async (t) => {
        const code = `
            function flood() { while (imp.wakeup(0, flood)); }
            server.log("begins");
            flood();`;
        const reached = 'agent.error: ERROR: too many timers in imp.wakeup(interval, callback)';
        const agents = await besideNeighbours(t, async () => {
            const agents = await Agent.deployTo(server, attacker, ATTACKERS, code);
            await Promise.all(agents.map((agent) => agent.untilLogged(reached)));
            return agents;
        });
        for (const agent of agents) await assertSaidOnce(agent, [STARTED, 'agent.log: begins'], reached);
        await heals(agents);
    });

    test('a flood of messages to the device', async (t) => {
        const code = `
            local load = blob(1000);
            device.on("go", function(_) { server.log("begins"); while (true) device.send("flood", load); });`;
        const reached = 'agent.error: ERROR: device.send("flood") was dropped: too much waits for the device';
        const { agent, device } = await besideNeighbours(t, async () => {
            const agent = await Agent.deploy(server, attacker, code);
            await agent.untilLogged(STARTED);
            const device = await onLine(t, server, agent.added);
            device.message('go', null);
            await device.next('message');
            // Otherwise this process, which reads all that, would measure itself.
            device.pause();
            await agent.untilLogged(reached);
            return { agent, device };
        });
        assert.ok(device.connected, 'the device hears as much as it can');
        await assertSaidOnce(agent, [STARTED, 'agent.log: begins'], reached);
        device.resume();
        await heals([agent]);
    });

    test('a flood of log lines', async (t) => {
        const throttled = 'status: Messages throttled';
        const agents = await besideNeighbours(t, async () => {
            const agents = await Agent.deployTo(server, attacker, ATTACKERS, 'for (local i = 0;; i++) server.log(i);');
            await Promise.all(agents.map((agent) => agent.untilLogged(throttled)));
            return agents;
        });
        // A log that grows cannot be read page by page.
        await stop(agents);
        for (const agent of agents) {
            const log = await agent.log();
            assert.equal(log.length, 1000, 'the history keeps no more');
            assert.equal(log.filter((line) => line === throttled).length, 1, 'that is said once');
            const numbers = log.filter((line) => line !== throttled).map((line) => Number(line.match(/^agent\.log: (\d+)$/)[1]));
            assertSameOrder(numbers, [...new Set(numbers)].sort((a, b) => a - b), 'each once, in order');
            const before = numbers.slice(0, log.indexOf(throttled));
            assert.equal(before.at(-1), before[0] + before.length - 1, 'no line is missing before');
        }
    });

    test('a flood of huge log lines', async (t) => {
        const code = `
            local text = "x";
            while (text.len() < 200000) text += text;
            while (true) server.log(text);`;
        const agents = await besideNeighbours(t, async () => {
            const agents = await Agent.deployTo(server, attacker, ATTACKERS, code);
            await Promise.all(agents.map(({ added }) => until('a line', async () => (await attacker.api.get(`/devices/${added.id}/logs`)).data.length > 1)));
            return agents;
        });
        await stop(agents);
        const cut = `agent.log: ${'x'.repeat(16384)}... (262144 bytes)`;
        const expected = [STARTED, cut, 'status: Messages throttled'];
        for (const agent of agents) assert.ok((await agent.log()).every((line) => expected.includes(line)), 'long lines are cut');
    });

    test('a flood of requests to others', async (t) => {
        const agent = await besideNeighbours(t, async () => {
            const agent = await Agent.deploy(server, attacker, `
                local all = { tried = 0, refused = 0 };
                function count(answer) {
                    all[answer.statuscode == 429 ? "refused" : "tried"]++;
                    if (all.tried + all.refused == 1000) server.log(all.tried + " tried, " + all.refused + " refused");
                }
                for (local i = 0; i < 1000; i++) http.get("http://127.0.0.1:1/").sendasync(count);`);
            await until('the end', async () => (await agent.log()).length >= 3);
            return agent;
        });
        const [start, reached, outcome] = await agent.log();
        assert.deepEqual([start, reached], [STARTED, 'agent.error: ERROR: too many requests']);
        const [tried, refused] = outcome.match(/^agent\.log: (\d+) tried, (\d+) refused$/).slice(1).map(Number);
        // A few more than the burst come back while it floods.
        assert.ok(tried >= 40 && tried < 100, outcome);
        assert.equal(tried + refused, 1000);
        assert.equal((await agent.log()).length, 3, 'the limit is said once');
        await heals([agent]);
    });

    test('a flood of requests to the attacker', async (t) => {
        const agent = await Agent.deploy(server, attacker, NEIGHBOUR);
        await agent.answers('');
        const began = performance.now();
        const statuses = await besideNeighbours(t, () => Promise.all(Array.from({ length: 500 }, async () => {
            const answer = await agent.fetch();
            await answer.text();
            return answer.status;
        })));
        const seconds = (performance.now() - began) / 1000;
        assert.deepEqual([...new Set(statuses)].sort(), [200, 429]);
        const answered = statuses.filter((status) => status === 200).length;
        assert.ok(answered <= 40 + 20 * seconds, `${answered} of ${statuses.length} in ${seconds} s`);
        await assertSaidOnce(agent, [STARTED], 'agent.error: ERROR: too many requests to the agent');
        await heals([agent]);
    });

    test('requests that are never answered', async (t) => {
        const agent = await Agent.deploy(server, attacker, `
            local held = [];
            http.onrequest(function(request, response) { if (request.path == "/") response.send(200, "here"); else held.append(response); });`);
        await agent.answers('');
        const open = await besideNeighbours(t, async () => Array.from({ length: 30 }, () => agent.fetch('/held')));
        await heals([agent]);
        const statuses = await Promise.all(open.map(async (answer) => (await answer).status));
        assert.deepEqual([...new Set(statuses)], [503], 'they end with the agent');
    });
});

onEachDatabase('escape by address', (server) => {
    test('nothing inside is reached, however its address is written', async (t) => {
        const { hits, port } = await listen(t);
        const names = ['localhost', 'LOCALHOST', 'localhost.', os.hostname(), ...ownNames()];
        const urls = [
            ...[...names, ...INSIDE].map((host) => `http://${host}:${port}/secret`),
            `HTTP://127.0.0.1:${port}/`,
            `https://127.0.0.1:${port}/`,
            `http:127.0.0.1:${port}/`,
            `http:///127.0.0.1:${port}/`,
            `http:\\\\127.0.0.1:${port}\\`,
            `http://example.com@127.0.0.1:${port}/`,
            `http://example.com:80@127.0.0.1:${port}/`,
            `http://127.0.0.1:${port}\\@example.com/`,
            `http://127.0.0.1:${port}#@example.com/`,
            `http://127.0.0.1:${port}?@example.com/`,
            `http://\t127.0.0.1:${port}/`,
            `http://127.0.0.1%00.example.com:${port}/`,
            `http://127.0.0.1:${server.port}/docs`,
            `file:///etc/passwd`,
            `gopher://127.0.0.1:${port}/`,
            `unix:/run/x.sock`,
        ];
        // An agent's budget of requests is enough for 40 of them.
        const agents = await Agent.deployTo(server, await openAccount(server), Math.ceil(urls.length / 40), ASKS);
        await Promise.all(agents.map((agent) => agent.answers('')));
        for (const [i, url] of urls.entries()) {
            assert.match(await ask(agents[i % agents.length], url), /^[367] $/, url);
            await pause(60);
        }
        assert.deepEqual(hits, []);
    });
});

// Only this one address of the machine, and nothing else inside.
onEachDatabase('escape by redirect', (server) => {
    test('redirects go to the program, and lead it nowhere', async (t) => {
        const { hits, port } = await listen(t);
        const outside = http.createServer((request, response) => {
            response.writeHead(Number(request.url.slice(1, 4)), { location: request.url.slice(5) }).end();
        });
        await new Promise((resolve) => outside.listen(0, '127.0.0.1', resolve));
        t.after(() => outside.close());
        const agent = await Agent.deploy(server, await openAccount(server), ASKS);
        await agent.answers('');
        for (const host of ['127.0.0.2', '2130706434', '[::1]', '[::ffff:127.0.0.2]', '[64:ff9b::7f00:2]', '169.254.169.254']) {
            for (const status of [301, 302, 303, 307, 308]) {
                const inside = `http://${host}:${port}/secret`;
                assert.equal(await ask(agent, `http://127.0.0.1:${outside.address().port}/${status}/${inside}`), `${status} ${inside}`);
                await pause(60);
            }
            assert.match(await ask(agent, `http://${host}:${port}/secret`), /^[67] $/, host);
        }
        assert.deepEqual(hits, []);
    });
}, { settings: { IMPSTEAD_OUTBOUND_ALLOW: '127.0.0.1/32' } });

onEachDatabase('escape by path', (server) => {
    test('a path leads to its agent or to nothing', async () => {
        const session = await openAccount(server);
        const echo = (name) => `http.onrequest(@(request, response) response.send(200, "${name} " + request.path));`;
        const [one, other] = await Promise.all(['one', 'other'].map((name) => Agent.deploy(server, session, echo(name))));
        await Promise.all([one.answers(''), other.answers('')]);
        const host = `Host: 127.0.0.1:${server.agentPort}`;
        const nobody = { status: 404, body: 'no such agent' };
        const expected = {
            [`/${one.id}`]: 'one /',
            [`/${one.id}/`]: 'one /',
            [`/${one.id}?/${other.id}`]: 'one /',
            [`/${one.id}//`]: 'one //',
            [`/${one.id}/..`]: 'one /..',
            [`/${one.id}/../${other.id}`]: `one /../${other.id}`,
            [`/${one.id}/%2e%2e/${other.id}`]: `one /%2e%2e/${other.id}`,
            [`/${one.id}/..%2f${other.id}`]: `one /..%2f${other.id}`,
            [`/${one.id}/%00`]: 'one /%00',
            [`/${one.id}/\\..\\${other.id}`]: `one /\\..\\${other.id}`,
            [`http://127.0.0.1:${server.agentPort}/${one.id}/x`]: 'one /x',
            [`http://elsewhere.example/${one.id}/x`]: 'one /x',
            [`//${one.id}`]: nobody,
            [`///${one.id}`]: nobody,
            [`/./${one.id}`]: nobody,
            [`/../${one.id}`]: nobody,
            [`/%2e%2e/${one.id}`]: nobody,
            [`/%2f${one.id}`]: nobody,
            [`/${one.id}%2f..%2f${other.id}`]: nobody,
            [`/${one.id}%00`]: nobody,
            [`/${one.id};x`]: nobody,
            [`/${one.id}%20`]: nobody,
            [`/${one.id}\\${other.id}`]: nobody,
            [`/${one.id.slice(0, -1)}`]: nobody,
            [`/${one.id}${other.id}`]: nobody,
            [`/%${one.id.charCodeAt(0).toString(16)}${one.id.slice(1)}`]: nobody,
            [`/${one.added.id}`]: nobody,
            '/': nobody,
            '//': nobody,
            '*': nobody,
            ...Object.fromEntries(API_PATHS.map((path) => [path, nobody])),
            [`http://127.0.0.1:${server.port}/v5/products`]: nobody,
        };
        for (const [path, answer] of Object.entries(expected)) {
            const wanted = typeof answer === 'string' ? { status: 200, body: answer } : answer;
            const method = path === '*' ? 'OPTIONS' : 'GET';
            assert.deepEqual(await rawRequest(server.agentPort, [`${method} ${path} HTTP/1.1`, host]), wanted, path);
            // The limit of requests a second.
            await pause(60);
        }
        // Neither the API's name nor a good token makes the agents' listener the API's.
        const bearer = `Authorization: Bearer ${session.api.token}`;
        const disguised = ['GET /v5/products HTTP/1.1', `Host: 127.0.0.1:${server.port}`, bearer];
        assert.deepEqual(await rawRequest(server.agentPort, disguised), nobody);
        assert.equal((await rawRequest(server.port, disguised)).status, 200);
    });

    test('no agent answers where the API does', async () => {
        const agent = await Agent.deploy(server, await openAccount(server, { username: 'other' }), NEIGHBOUR);
        await agent.answers('');
        for (const path of [`/${agent.id}`, `/${agent.id}/`, `//${agent.id}`, `/v5/../${agent.id}`, `/docs/%2e%2e/${agent.id}`, `http://127.0.0.1:${server.agentPort}/${agent.id}`]) {
            for (const port of [server.port, server.agentPort]) {
                const { status, body } = await rawRequest(server.port, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`]);
                assert.equal(status, 404, path);
                assert.ok(!/^\d+$/.test(body), body);
            }
        }
        assert.equal((await agent.answers('')).text, '2', 'it was asked by nobody else');
    });
});
