// Agents, deployed with impt: their URLs, their requests, what they say to their device, and what they keep.
import assert from 'node:assert/strict';
import http from 'node:http';
import { before, test } from 'node:test';
import { Float } from './harness/device-frames.js';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { ALLOW_LOOPBACK } from './harness/receiver.js';
import { openSession } from './harness/session.js';
import { until } from './harness/until.js';

const WEB = `
local kept = server.load();
if (!("visits" in kept)) kept.visits <- 0;

http.onrequest(function(request, response) {
    try {
        switch (request.path) {
            case "/":
                kept.visits++;
                server.save(kept);
                response.header("Content-Type", "text/html");
                response.send(200, "<h1>visit " + kept.visits + "</h1>");
                break;
            case "/echo":
                response.header("X-Method", request.method);
                response.send(201, http.jsonencode({ query = request.query, body = request.body, proto = request.headers["x-forwarded-proto"] }));
                break;
            case "/blob":
                response.send(200, request.body);
                break;
            case "/fetch":
                http.get(request.query.url).sendasync(@(answer) response.send(200, answer.statuscode + " " + answer.body));
                break;
            case "/self":
                http.get(http.agenturl() + "/echo?a=1").sendasync(@(answer) response.send(200, answer.body));
                break;
            default:
                response.send(404, "not here");
        }
    } catch (error) {
        response.send(500, error);
    }
});

device.on("temperature", @(celsius) device.send("limit", celsius > 20.0));
server.log("ready at " + http.agenturl());
`;

onEachDatabase('agents', (server) => {
    let account, api, impt, product;
    let groups = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        product = await api.product('Agents');
    });

    /** A group with a device whose agent runs this code, deployed by impt. */
    const prepare = async (agent_code) => {
        const group = await api.deviceGroup(product, `agents ${++groups}`);
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(group, [added]);
        impt.write('agent.nut', agent_code);
        impt.write('device.nut', '// device\n');
        await impt.ok('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');
        return { group, added };
    };

    const log = async (added) => (await api.list(`/devices/${added.id}/logs`)).map(({ type, msg }) => `${type}: ${msg}`);

    const untilLogged = (added, line) =>
        until(`the line ${line}`, async () => (await log(added)).find((entry) => entry === line));

    const agentUrl = async (added) => (await api.read(`/devices/${added.id}`)).attributes.agent_url;

    test('an agent serves its page, and keeps its state', async () => {
        const { added } = await prepare(WEB);
        const url = await agentUrl(added);
        assert.match(url, new RegExp(`^http://127\\.0\\.0\\.1:${server.agentPort}/[\\w-]{12}$`));
        await untilLogged(added, `agent.log: ready at ${url}`);
        assert.ok((await log(added)).includes('status: Agent restarted: reload.'));
        const { attributes } = await api.read(`/devices/${added.id}`);
        assert.deepEqual([attributes.agent_running, attributes.device_online], [true, false]);

        const page = await fetch(url);
        assert.deepEqual([page.status, page.headers.get('content-type'), await page.text()], [200, 'text/html', '<h1>visit 1</h1>']);
        await impt.ok('device', 'restart', '-d', added.id);
        await until('a second start', async () => (await log(added)).filter((line) => line.startsWith('agent.log: ready')).length === 2);
        assert.equal(await (await fetch(`${url}/`)).text(), '<h1>visit 2</h1>');
    });

    test('requests of any method reach it with all that they bring', async () => {
        const { added } = await prepare(WEB);
        const url = await agentUrl(added);
        await untilLogged(added, `agent.log: ready at ${url}`);
        const echo = await fetch(`${url}/echo?a=1+2%21&b=1&b=2`, { method: 'PATCH', body: 'hello' });
        assert.deepEqual([echo.status, echo.headers.get('x-method'), echo.headers.get('content-type')], [201, 'PATCH', 'text/plain']);
        assert.deepEqual(await echo.json(), { query: { a: '1 2!', b: ['1', '2'] }, body: 'hello', proto: 'http' });
        const options = await fetch(`${url}/nothing`, { method: 'OPTIONS' });
        assert.deepEqual([options.status, options.headers.get('access-control-allow-origin')], [404, null]);

        const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
        const blob = await fetch(`${url}/blob`, { method: 'PUT', body: bytes });
        assert.deepEqual(Buffer.from(await blob.arrayBuffer()), bytes);
        const tooLarge = await fetch(`${url}/blob`, { method: 'POST', body: Buffer.alloc(600 * 1024) });
        assert.equal(tooLarge.status, 413);
        const nobody = await fetch(`http://127.0.0.1:${server.agentPort}/nobodyhere12/x`);
        assert.equal(nobody.status, 404);
        // The API is elsewhere, and so are agents.
        assert.equal((await fetch(`http://127.0.0.1:${server.agentPort}/v5/products`)).status, 404);
        assert.equal((await fetch(`${server.url}/${new URL(url).pathname.slice(1)}`)).status, 404);
    });

    test('it asks other servers, but none inside unless the operator allows it', async (t) => {
        const target = http.createServer((request, response) => response.writeHead(418).end(`${request.method} ${request.url}`));
        await new Promise((resolve) => target.listen(0, '127.0.0.1', resolve));
        t.after(() => target.close());
        const { added } = await prepare(WEB);
        const url = await agentUrl(added);
        await untilLogged(added, `agent.log: ready at ${url}`);
        const fetched = async (target) => (await fetch(`${url}/fetch?url=${encodeURIComponent(target)}`)).text();
        const port = target.address().port;
        for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0.0.0.0', '169.254.169.254']) {
            assert.match(await fetched(`http://${host}:${port}/secret`), /^[67] $/, host);
        }
        assert.equal(await fetched('gopher://127.0.0.1/'), '3 ');
    });

    test('it talks with its device', async (t) => {
        const { added } = await prepare(WEB);
        await untilLogged(added, `agent.log: ready at ${await agentUrl(added)}`);
        const device = await onLine(t, server, added);
        await device.next('started');
        device.message('temperature', Float.of(21.5));
        const { name, value } = await device.next('message');
        assert.deepEqual([name.toString(), value], ['limit', true]);
    });

    test('an error nobody catches is logged with its place, and the agent starts again', async () => {
        const { added } = await prepare('function fail() {\n    return {}.missing;\n}\nimp.wakeup(0.1, fail);\n');
        await untilLogged(added, "agent.error: ERROR: the index 'missing' does not exist");
        await untilLogged(added, 'agent.error: ERROR:   in fail agent_code:2');
        await until('another start', async () =>
            (await log(added)).filter((line) => line === 'status: Agent restarted: reload.').length >= 2);
    });
});

onEachDatabase('agents that may reach this machine', (server) => {
    test('an agent asks itself', async () => {
        const { account, api } = await openSession(server);
        const group = await api.deviceGroup(await api.product('Self'), 'self');
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(group, [added]);
        await api.deployment(group, { agent_code: WEB });
        const { agent_url } = (await api.read(`/devices/${added.id}`)).attributes;
        const answer = await until('an answer', async () => {
            const answer = await fetch(`${agent_url}/self`);
            return answer.status === 200 && answer;
        });
        assert.deepEqual(JSON.parse(await answer.text()).query, { a: '1' });
    });
}, { settings: ALLOW_LOOPBACK });
