// Agents as clients of Debian's MQTT broker.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onEachDatabase } from './harness/each-database.js';
import { certify, Mosquitto, USER } from './harness/mosquitto.js';
import { ALLOW_LOOPBACK } from './harness/receiver.js';
import { openSession } from './harness/session.js';
import { until } from './harness/until.js';

/** Does what a POST says, and tells what it heard. */
const AGENT = `
events <- [];
client <- mqtt.createclient();
client.onconnect(function(code) { events.append("connect " + code) });
client.onconnectionlost(function() { events.append("lost") });
client.onmessage(function(message) { events.append("message " + message.topic + " " + message.message.tostring()) });
actions <- {
    connect = @(it) client.connect(it.url, it.id, it.options),
    disconnect = @(it) client.disconnect(function() { events.append("disconnect") }),
    subscribe = @(it) client.subscribe(it.topic, it.qos, function(error, qos) { events.append("subscribe " + error + " " + qos) }),
    unsubscribe = @(it) client.unsubscribe(it.topic, function(error) { events.append("unsubscribe " + error) }),
    publish = @(it) client.createmessage(it.topic, it.text, { qos = it.qos, retain = true }).sendasync(
        function(error) { events.append("sent " + error) }),
    bytes = function(it) {
        local payload = blob(256);
        for (local i = 0; i < 256; i++) payload.writen(i, 'b');
        client.createmessage(it.topic, payload, { qos = 1, retain = true }).sendasync(function(error) { events.append("sent " + error) });
    }
};
http.onrequest(function(request, response) {
    if (request.method == "GET") return response.send(200, http.jsonencode(events));
    local order = http.jsondecode(request.body);
    actions[order.action](order);
    response.send(204, "");
});
`;

const certificates = certify();
after(() => certificates.remove());

let groups = 0;

/** A device whose agent runs the code above, deployed by impt, and what drives it. */
async function prepare(server, { account, api, impt }, product) {
    const group = await api.deviceGroup(product, `mqtt ${++groups}`);
    const [added] = await server.addDevices(account.username, 1);
    await api.assign(group, [added]);
    impt.write('agent.nut', AGENT);
    impt.write('device.nut', '// device\n');
    await impt.ok('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');
    const { agent_url: url } = (await api.read(`/devices/${added.id}`)).attributes;
    await until('the agent', async () => (await fetch(url)).status === 200);
    const agent = {
        added,
        events: async () => (await fetch(url)).json(),
        act: async (action, more = {}) => {
            const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ action, ...more }) });
            assert.equal(answer.status, 204, await answer.text());
        },
        /** Waits until what it has heard so far is this. */
        heard: async (expected) => {
            let events;
            await until(`${expected}`, async () => (events = await agent.events()).length >= expected.length).catch(() => {});
            assert.deepEqual(events, expected);
        },
    };
    return agent;
}

onEachDatabase('mqtt', (server) => {
    let session, product;
    before(async () => {
        session = await openSession(server);
        product = await session.api.product('MQTT');
    });

    const kinds = {
        'a broker for everybody': {},
        'a broker with passwords': { guarded: true },
        'a broker with TLS and passwords': { guarded: true, certificates },
    };
    for (const [kind, settings] of Object.entries(kinds)) {
        test(kind, async (t) => {
            const broker = await Mosquitto.open(t, settings);
            const agent = await prepare(server, session, product);
            const heard = [];
            const hears = (...more) => agent.heard((heard.push(...more), heard));
            await agent.act('subscribe', { topic: 'in/#', qos: 1 });
            await hears('subscribe -3 0');
            await agent.act('connect', { url: broker.url, id: 'agent', options: settings.guarded ? USER : {} });
            await hears('connect 0');
            await agent.act('subscribe', { topic: 'in/#', qos: 2 });
            await hears('subscribe 0 2');
            for (const qos of [0, 1, 2]) {
                await broker.publish(`in/${qos}`, `text ${qos}`, qos);
                await hears(`message in/${qos} text ${qos}`);
                await agent.act('publish', { topic: `out/${qos}`, text: `reply ${qos}`, qos });
                await hears('sent 0');
                assert.equal(Buffer.from(await broker.next(`out/${qos}`), 'hex').toString(), `reply ${qos}`);
            }
            await agent.act('bytes', { topic: 'out/bytes' });
            await hears('sent 0');
            assert.equal(await broker.next('out/bytes'), Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex'));
            await agent.act('unsubscribe', { topic: 'in/#' });
            await hears('unsubscribe 0');
            await broker.publish('in/late', 'not heard', 1);
            await agent.act('disconnect');
            await hears('disconnect');
            assert.match(broker.log, /Client agent.* disconnected/);
        });
    }

    test('what a broker or its certificate refuses', async (t) => {
        const guarded = await Mosquitto.open(t, { guarded: true });
        const secure = await Mosquitto.open(t, { certificates });
        const agent = await prepare(server, session, product);
        const attempts = [
            [guarded.url, { ...USER, password: 'wrong' }, 5],
            [guarded.url, {}, 5],
            // Its certificate is for another name, it speaks no TLS, or nobody speaks at all.
            [secure.url.replace('127.0.0.1', 'localhost'), {}, -1],
            [guarded.url.replace('tcp', 'ssl'), {}, -1],
            ['tcp://127.0.0.1:1', {}, -1],
            ['http://127.0.0.1', {}, -1],
            [guarded.url, USER, 0],
        ];
        const heard = [];
        for (const [url, options, code] of attempts) {
            await agent.act('connect', { url, id: 'agent', options });
            heard.push(`connect ${code}`);
            await agent.heard(heard);
        }
    });

    test('a broker that goes away, and comes back', async (t) => {
        const broker = await Mosquitto.open(t);
        const agent = await prepare(server, session, product);
        await agent.act('connect', { url: broker.url, id: 'agent', options: {} });
        await agent.heard(['connect 0']);
        await broker.stop();
        await agent.heard(['connect 0', 'lost']);
        await agent.act('publish', { topic: 'a', text: 'b', qos: 1 });
        await agent.heard(['connect 0', 'lost', 'sent -3']);
        await broker.start();
        await agent.act('connect', { url: broker.url, id: 'agent', options: {} });
        await agent.heard(['connect 0', 'lost', 'sent -3', 'connect 0']);
    });

    test('a session that outlives its connection', async (t) => {
        const broker = await Mosquitto.open(t);
        const agent = await prepare(server, session, product);
        const options = { cleansession: false };
        await agent.act('connect', { url: broker.url, id: 'lasting', options });
        await agent.heard(['connect 0']);
        await agent.act('subscribe', { topic: 'in', qos: 1 });
        await agent.heard(['connect 0', 'subscribe 0 1']);
        await agent.act('disconnect');
        await agent.heard(['connect 0', 'subscribe 0 1', 'disconnect']);
        await broker.publish('in', 'meanwhile', 1);
        await agent.act('connect', { url: broker.url, id: 'lasting', options });
        await agent.heard(['connect 0', 'subscribe 0 1', 'disconnect', 'connect 0', 'message in meanwhile']);
    });

    test('a connection is kept alive while nothing happens', async (t) => {
        const broker = await Mosquitto.open(t);
        const agent = await prepare(server, session, product);
        await agent.act('connect', { url: broker.url, id: 'agent', options: { keepalive: 1 } });
        await agent.heard(['connect 0']);
        // More of them than the broker waits for.
        await until('some pings', () => broker.log.split('Received PINGREQ from agent').length > 4);
        await agent.heard(['connect 0']);
    });

    test('an agent that ends says goodbye; one whose server is killed leaves its will', async (t) => {
        const broker = await Mosquitto.open(t);
        const agent = await prepare(server, session, product);
        const options = { will: { topic: 'gone', message: 'farewell', qos: 1, retain: true } };
        await agent.act('connect', { url: broker.url, id: 'agent', options });
        await agent.heard(['connect 0']);
        await session.impt.ok('device', 'restart', '-d', agent.added.id);
        await until('a goodbye', () => /Client agent.* disconnected/.test(broker.log));
        assert.match(broker.log, /Received DISCONNECT from agent/);
        await agent.heard([]);
        await agent.act('connect', { url: broker.url, id: 'agent', options });
        await agent.heard(['connect 0']);
        await server.killAndRestart();
        assert.equal(Buffer.from(await broker.next('gone'), 'hex').toString(), 'farewell');
    });
}, { settings: { ...ALLOW_LOOPBACK, SSL_CERT_FILE: certificates.authority } });

onEachDatabase('mqtt inside', (server) => {
    test('no broker inside is reached unless the operator allows it', async (t) => {
        const broker = await Mosquitto.open(t);
        const session = await openSession(server);
        const agent = await prepare(server, session, await session.api.product('MQTT'));
        const heard = [];
        for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0.0.0.0', '169.254.169.254']) {
            await agent.act('connect', { url: `tcp://${host}:${broker.port}`, id: 'agent', options: {} });
            heard.push('connect -1');
            await agent.heard(heard);
        }
        assert.doesNotMatch(broker.log, /as agent/);
    });
});
