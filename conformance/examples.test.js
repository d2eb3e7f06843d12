// The applications in `examples/`, deployed with impt and used.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Float } from './harness/device-frames.js';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { Mosquitto, USER } from './harness/mosquitto.js';
import { ALLOW_LOOPBACK, Receiver } from './harness/receiver.js';
import { openSession } from './harness/session.js';
import { until } from './harness/until.js';

const source = (name) => readFileSync(fileURLToPath(new URL(`../examples/${name}`, import.meta.url)), 'utf8');

onEachDatabase('examples', (server) => {
    let account, api, impt, product, receiver;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        product = await api.product('Examples');
        receiver = await Receiver.open();
    });
    after(() => receiver.close());

    /** Deploys an example to a group with one device; returns the device, and its agent's URL once it answers. */
    const deploy = async (name, env_vars = {}) => {
        const group = await api.deviceGroup(product, name, 'development', { attributes: { env_vars } });
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(group, [added]);
        impt.write('device.nut', source(`${name}/device.nut`));
        impt.write('agent.nut', source(`${name}/agent.nut`));
        await impt.ok('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');
        const { agent_url } = (await api.read(`/devices/${added.id}`)).attributes;
        await until('an answer', async () => (await fetch(`${agent_url}/nothing/here`)).status !== 404 || (await running(added)));
        return { group, added, url: agent_url };
    };

    const running = async (added) => (await api.read(`/devices/${added.id}`)).attributes.agent_running;

    test('thermostat', async (t) => {
        const { added, url } = await deploy('thermostat');
        const page = await until('the page', async () => {
            const answer = await fetch(url);
            return answer.status === 200 && answer.text();
        });
        assert.match(page, /value="20\.0"/);
        const device = await onLine(t, server, added);
        device.message('ready', null);
        // Once because it has connected, and once because it is ready.
        for (let i = 0; i < 2; i++) assert.deepEqual((await device.next('message')).value, Float.of(20));
        device.message('measured', Float.of(18.25));
        const set = await fetch(`${url}/target`, { method: 'POST', body: new URLSearchParams({ celsius: '21.5' }), redirect: 'manual' });
        assert.deepEqual([set.status, set.headers.get('location')], [303, url]);
        assert.deepEqual((await device.next('message')).value, Float.of(21.5));
        const state = await (await fetch(`${url}/state`)).json();
        assert.deepEqual([state.target, state.measured.celsius, state.online], [21.5, 18.25, true]);
        const refused = await fetch(`${url}/target`, { method: 'POST', body: 'celsius=99' });
        assert.equal(refused.status, 400);
        await impt.ok('device', 'restart', '-d', added.id);
        await until('the setting after a restart', async () => {
            const answer = await fetch(`${url}/state`);
            if (answer.status !== 200) return false;
            const { target, measured } = await answer.json();
            return target === 21.5 && measured === null;
        });
    });

    test('fleet monitor', async () => {
        const { 'Login Key': key } = await impt.json('loginkey', 'create', '-w', account.password);
        // More than a page.
        await server.addDevices(account.username, 60);
        const { url } = await deploy('fleet-monitor', { API_URL: server.endpoint, LOGIN_KEY: key.id });
        const all = await api.list('/devices');
        const page = await until('the page', async () => {
            const answer = await fetch(url);
            assert.notEqual(answer.status, 500);
            return answer.status === 200 && answer.text();
        });
        assert.match(page, new RegExp(`<h1>${all.length} devices, \\d+ online</h1>`));
        for (const { id } of all) assert.ok(page.includes(id), id);
    });

    test('MQTT bridge', async (t) => {
        const broker = await Mosquitto.open(t, { guarded: true });
        const { added, url } = await deploy('mqtt-bridge', {
            ...{ BROKER_URL: broker.url, BROKER_USERNAME: USER.username, BROKER_PASSWORD: USER.password, TOPIC: 'home' },
        });
        const state = async () => {
            const answer = await fetch(`${url}/state`);
            return answer.status === 200 && answer.json();
        };
        await until('the broker', async () => (await state()).broker === 'connected');
        const topic = `home/${added.id}`;
        const reading = broker.subscribed(`${topic}/readings`);
        await reading.ready;
        const device = await onLine(t, server, added);
        device.message('reading', 42);
        assert.equal(JSON.parse(await reading.message).value, 42);
        await broker.publish(`${topic}/commands`, 'on', 1);
        const { name, value } = await device.next('message');
        assert.deepEqual([name.toString(), value.toString()], ['command', 'on']);
        const { published, lost, commands, reading: { value: last } } = await until('the count', async () => {
            const now = await state();
            return now.published === 1 && now;
        });
        assert.deepEqual([published, lost, commands, last], [1, 0, 1, 42]);
        const page = await (await fetch(url)).text();
        assert.match(page, /The broker is connected, the device is connected\./);
        // Without a broker readings are lost, and it tries again until there is one.
        await broker.stop();
        await until('the loss', async () => (await state()).broker === 'away');
        device.message('reading', 43);
        await until('a lost reading', async () => (await state()).lost === 1);
        await broker.start();
        await until('the broker again', async () => (await state()).broker === 'connected');
    });

    test('webhook relay', async () => {
        const watched = await api.deviceGroup(product, 'watched');
        // The agent's URL is known before the secret is: the group's variables are set afterwards, and the agent restarted.
        const { group, added, url } = await deploy('webhook-relay', { WEBHOOK_SECRET: 'none yet', TARGET_URL: `${receiver.url}/chat` });
        const webhook = await api.webhook(watched, { url: `${url}/hook`, event: 'deployment' });
        const variables = { WEBHOOK_SECRET: webhook.attributes.secret, TARGET_URL: `${receiver.url}/chat` };
        await api.patch(`/devicegroups/${group.id}`, { data: { type: group.type, id: group.id, attributes: { env_vars: variables } } });
        await impt.ok('device', 'restart', '-d', added.id);
        const forged = await until('the relay', async () => {
            const answer = await fetch(`${url}/hook`, { method: 'POST', body: '{}', headers: { 'Impstead-Signature': 't=1,v1=00' } });
            return answer.status !== 404 && answer;
        });
        assert.equal(forged.status, 401);
        await api.deployment(watched);
        const { path, text } = await receiver.events.next();
        assert.equal(path, '/chat');
        assert.match(JSON.parse(text).text, /^impCentral: \{.*deployment/);
    });
}, { settings: ALLOW_LOOPBACK });
