// Webhooks from end to end: made by the vendor's clients, received by a plain HTTP server.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Answer } from './harness/device-frames.js';
import { onEachDatabase } from './harness/each-database.js';
import { ImpCentralApi, signedInLibrary } from './harness/library.js';
import { onLine } from './harness/line.js';
import { ALLOW_LOOPBACK, assertSigned, payload, Receiver } from './harness/receiver.js';
import { openSession } from './harness/session.js';

const { CONTENT_TYPE_JSON, CONTENT_TYPE_WWW_FORM, EVENT_DEPLOYMENT, EVENT_BLESSING, EVENT_BLINKUP } = ImpCentralApi.Webhooks;
const PLAN = '7e1f2a90c4b35d68';

onEachDatabase('webhooks that are received', (server) => {
    let account, api, impt, webhooks, product, receiver;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        ({ webhooks } = await signedInLibrary(server, account));
        product = await api.product('Hooked');
        receiver = await Receiver.open();
    });
    after(() => receiver.close());
    beforeEach(() => assert.equal(receiver.events.length, 0, 'events left over from the test before'));

    const hook = async (group, event, content_type = CONTENT_TYPE_JSON) =>
        (await webhooks.create(group.id, group.type, { url: `${receiver.url}/${event}`, event, content_type })).data;

    /** The next event, which must be a signed one of this webhook's. */
    const received = async (webhook) => {
        const event = await receiver.events.next();
        const { attributes: { event: name, content_type, secret } } = webhook;
        assert.deepEqual([event.method, event.path, event.headers['content-type']], ['POST', `/${name}`, content_type]);
        assert.equal(event.headers['impstead-event'], name);
        assertSigned(event, secret);
        return payload(event);
    };

    for (const contentType of [CONTENT_TYPE_JSON, CONTENT_TYPE_WWW_FORM]) {
        test(`a deployment, as ${contentType}`, async () => {
            const group = await api.deviceGroup(product, `deployed as ${contentType}`);
            const webhook = await hook(group, EVENT_DEPLOYMENT, contentType);
            assert.equal((await webhooks.get(webhook.id)).data.attributes.secret, undefined, 'the secret is shown once');
            for (let i = 0; i < 3; i++) {
                const { id, attributes } = await api.deployment(group);
                assert.deepEqual(await received(webhook), {
                    deployment_id: id,
                    devicegroup_id: group.id,
                    product_id: product.id,
                    sha: attributes.sha,
                    created_at: attributes.created_at,
                    creator_id: account.id,
                });
            }
            await webhooks.delete(webhook.id);
        });
    }

    test('impt webhook create, and impt build deploy', async () => {
        const group = await api.deviceGroup(product, 'by impt');
        const { Webhook } = await impt.json('webhook', 'create', '-g', group.id, '-u', `${receiver.url}/impt`, '-e', 'deployment', '-m', 'json');
        // impt does not show the secret, so it is replaced by one that is known.
        const { attributes } = (await api.post(`${server.url}/impstead/v1/webhooks/${Webhook.id}/secret`, null)).data;
        impt.write('device.nut', '// device\n');
        impt.write('agent.nut', '// agent\n');
        await impt.ok('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');
        const event = await receiver.events.next();
        assert.deepEqual([event.path, payload(event).devicegroup_id], ['/impt', group.id]);
        assertSigned(event, attributes.secret);
        await impt.ok('webhook', 'delete', '-w', Webhook.id, '-q');
        await impt.ok('build', 'deploy', '-g', group.id, '-x', 'device.nut', '-y', 'agent.nut');
    });

    test('an event that is refused comes again, with those after it in order behind', async () => {
        const group = await api.deviceGroup(product, 'refused at first');
        const webhook = await hook(group, EVENT_DEPLOYMENT);
        receiver.status = 500;
        const first = await api.deployment(group);
        const attempts = [await receiver.events.next()];
        receiver.status = 204;
        const second = await api.deployment(group);
        attempts.push(await receiver.events.next());
        for (const event of attempts) assert.equal(payload(event).deployment_id, first.id);
        const [a, b] = attempts.map(({ headers }) => [headers['impstead-delivery'], Number(headers['impstead-attempt'])]);
        assert.deepEqual([a[0], a[1] + 1], b, 'the same delivery, attempted again');
        assert.equal((await received(webhook)).deployment_id, second.id);
        await webhooks.delete(webhook.id);
    });

    test('a device is made, blessed and activated', async (t) => {
        const production = await api.deviceGroup(product, 'shipped', 'production');
        const underTest = await api.deviceGroup(product, 'under test', 'dut');
        const fixtures = await api.deviceGroup(product, 'fixtures', 'factoryfixture', { productionTarget: production, dutTarget: underTest });
        await api.deployment(underTest, { device_code: '// tests\n' });
        await api.deployment(production, { device_code: '// shipped\n' });
        const [blessing, blinkup] = [await hook(production, EVENT_BLESSING), await hook(production, EVENT_BLINKUP, CONTENT_TYPE_WWW_FORM)];
        const [fixture, added] = await server.addDevices(account.username, 2);
        await api.assign(fixtures, [fixture]);
        const groupOf = async () => (await api.read(`/devices/${added.id}`)).relationships.devicegroup.id;

        await server.enrol(added, '--plan', 'factory', '--fixture', fixture.id);
        assert.equal(await groupOf(), underTest.id);
        const device = await onLine(t, server, added);
        assert.match((await device.next('started')).code, /\/\/ tests/);

        assert.equal(await device.bless(false, { request: 1, fixture: fixture.id }), Answer.OK);
        assert.equal(await groupOf(), underTest.id);
        assert.equal(await device.bless(true, { request: 2, fixture: fixture.id }), Answer.OK);
        const { device_id, imp_id, ...rest } = await received(blessing);
        assert.deepEqual([device_id, rest], [added.id, {}]);
        assert.match(imp_id, /^[0-9a-f]{16}$/);
        assert.equal(await groupOf(), production.id);
        assert.match((await device.next('started')).code, /\/\/ shipped/);

        assert.equal(await device.enrol(PLAN, 'b3RoZXI', { request: 3 }), Answer.OK);
        assert.deepEqual(await received(blinkup), { device_id: added.id, plan_id: PLAN, token: 'b3RoZXI' });
        await server.enrol(added, '--plan', `${PLAN}0`, '--token', 'dG9rZW4 & more');
        assert.deepEqual(await received(blinkup), { device_id: added.id, plan_id: `${PLAN}0`, token: 'dG9rZW4 & more' });

        const { attributes } = await api.read(`/devices/${added.id}`);
        assert.equal(attributes.plan_id, `${PLAN}0`);
        assert.ok(Date.now() - Date.parse(attributes.last_enrolled_at) < 60_000);
        const [entry] = (await api.get(`/devices/${added.id}/history`)).data;
        assert.deepEqual([entry.event, entry.owner_id], ['enrolled', account.id]);
    });
}, { settings: ALLOW_LOOPBACK });
