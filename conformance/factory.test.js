// The factory from end to end: a fixture that is a virtual imp configures a blank one, which is tested, blessed and activated.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onEachDatabase } from './harness/each-database.js';
import { deviceLog, powerImps } from './harness/imp.js';
import { untilOnline } from './harness/line.js';
import { ALLOW_LOOPBACK, assertSigned, payload, Receiver } from './harness/receiver.js';
import { openSession } from './harness/session.js';
import { until } from './harness/until.js';

const PARAMS = `
    local own = hardware.getdeviceid();
    local params = imp.configparams;
    server.log("fixture: " + ("factory_imp" in params ? (params.factory_imp == own ? "myself" : params.factory_imp) : "none"));`;

/** Configures a device when it starts, and whenever its agent says so. */
const FIXTURE = `${PARAMS}
    configure <- @(_) server.factoryblinkup("factory wifi", "password", hardware.pinC, BLINKUP_FAST);
    agent.on("configure", configure);`;

/** Tests itself, and asks to be blessed. A device under test is no fixture, whatever it knows of one. */
const DUT = `${PARAMS}
    agent.on("tested", function(_) {
        server.factoryblinkup("factory wifi", "password", hardware.pinC, BLINKUP_FAST);
        server.bless(true, @(ok) server.log("blessed: " + ok));
    });
    agent.send("ready", null);`;

/** Takes the plan of its user, once, as BlinkUp in its app would bring it. */
const PRODUCT = `${PARAMS}
    if (imp.getuserconfiguration() == null) {
        imp.setuserconfiguration("activated");
        imp.setenroltokens("0123456789abcdef", "token");
    }`;

const AGENT_PARAMS = `
    local params = imp.configparams;
    server.log("agent's fixture: " + ("factory_imp" in params ? params.factory_imp : "none"));
    server.log("its URL: " + ("factory_fixture_url" in params ? params.factory_fixture_url : "none"));`;

const FIXTURE_AGENT = `${AGENT_PARAMS}
    http.onrequest(function(request, response) { device.send("configure", null); response.send(200, "ok"); });`;

const DUT_AGENT = `${AGENT_PARAMS}
    device.on("ready", @(_) device.send("tested", null));`;

onEachDatabase('the factory', (server) => {
    let account, api, impt, product, receiver;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        receiver = await Receiver.open();
    });
    after(() => receiver.close());

    const logged = (device, text) => until(`the line "${text}"`, async () => (await deviceLog(api, device)).includes(text));
    const agentLogged = async (device, text) => {
        const lines = async () => (await api.list(`/devices/${device.id}/logs?page[size]=100`)).map(({ msg }) => msg);
        await until(`the agent's line "${text}"`, async () => (await lines()).includes(text));
    };
    const groupOf = async ({ id }) => (await api.read(`/devices/${id}`)).relationships.devicegroup?.id;

    /** The groups of a factory, made with impt, their code, and webhooks on the production group. */
    const build = async (name) => {
        product = await api.product(name);
        const group = async (kind, title, ...targets) =>
            api.read(`/devicegroups/${(await impt.json('dg', 'create', '-n', `${name} ${title}`, '-y', kind, '-p', product.id, ...targets))['Device Group'].id}`);
        const production = await group('pre-production', 'shipped');
        const dut = await group('pre-dut', 'under test');
        const fixtures = await group('pre-factory', 'fixtures', '-t', production.id, '-u', dut.id);
        await api.deployment(production, { device_code: PRODUCT });
        await api.deployment(dut, { device_code: DUT, agent_code: DUT_AGENT });
        await api.deployment(fixtures, { device_code: FIXTURE, agent_code: FIXTURE_AGENT });
        const hook = (event) => api.webhook(production, { url: `${receiver.url}/${event}`, event });
        return { production, dut, fixtures, blessing: await hook('blessing'), blinkup: await hook('blinkup') };
    };

    /** The next event, which must be of this webhook. */
    const received = async ({ attributes: { event, secret } }) => {
        const got = await receiver.events.next();
        assert.equal(got.path, `/${event}`);
        assertSigned(got, secret);
        return payload(got);
    };

    /** Has the fixture configure a device, through its agent. */
    const configure = async (fixture) => {
        const { agent_url } = (await api.read(`/devices/${fixture.id}`)).attributes;
        assert.equal(await (await fetch(agent_url)).text(), 'ok');
    };

    /** What becomes of a device that the fixture has configured. */
    const isMade = async (device, fixture, { production, blessing, blinkup }) => {
        const { agent_url } = (await api.read(`/devices/${fixture.id}`)).attributes;
        await logged(fixture, `server.log: Factory BlinkUp: configured ${device.id}`);
        await logged(device, `server.log: fixture: ${fixture.id}`);
        await agentLogged(device, `agent's fixture: ${fixture.id}`);
        await agentLogged(device, `its URL: ${agent_url}`);
        const { device_id, imp_id } = await received(blessing);
        assert.deepEqual([device_id, typeof imp_id], [device.id, 'string']);
        assert.deepEqual(await received(blinkup), { device_id: device.id, plan_id: '0123456789abcdef', token: 'token' });
        await logged(device, 'server.log: fixture: none');
        await logged(device, 'server.log: Factory BlinkUp request failed. This is not a factory imp.');
        assert.equal(await groupOf(device), production.id);
        const events = (await api.list(`/devices/${device.id}/history?page[size]=20`)).map(({ attributes }) => attributes?.event);
        assert.ok(events.length >= 4, JSON.stringify(events));
    };

    test('a fixture of the server configures the blank imps of its account, one after the other', async () => {
        const factory = await build('Virtual');
        const url = `${server.url}/impstead/v1/virtual_imps`;
        const make = async (attributes) => (await api.post(url, { data: { type: 'virtual_imp', attributes } })).data;
        const fixture = await make({ name: 'Fixture', imp_type: 'imp003' });
        await api.assign(factory.fixtures, [fixture]);
        await logged(fixture, 'server.log: fixture: myself');
        await agentLogged(fixture, `agent's fixture: ${fixture.id}`);
        // Nothing is there to be configured yet: a card may not be in the factory, and one without power hears nothing.
        await make({ imp_type: 'imp001' });
        await make({ state: 'stopped' });
        await configure(fixture);
        await logged(fixture, 'server.error: ERROR: there is no device to configure');
        for (const name of ['First', 'Second']) {
            const device = await make({ name, imp_type: 'imp004' });
            await untilOnline(api, [device]);
            await configure(fixture);
            await isMade(device, fixture, factory);
        }
    });

    test('a fixture among the imps of a process configures the others', async (t) => {
        const factory = await build('Processes');
        const [device, fixture] = await server.addDevices(account.username, 2);
        await api.assign(factory.fixtures, [fixture]);
        powerImps(t, server, [device, fixture]);
        await untilOnline(api, [device, fixture]);
        await logged(fixture, 'server.log: fixture: myself');
        await configure(fixture);
        await isMade(device, fixture, factory);
        await configure(fixture);
        await logged(fixture, 'server.error: ERROR: there is no device to configure');
    });
}, { settings: ALLOW_LOOPBACK });
