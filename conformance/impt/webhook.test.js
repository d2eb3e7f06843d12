// impt webhook create | list | info | update | delete
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { assertSameItems, ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { openSession } from '../harness/session.js';

const URL_A = 'http://hooks.example.com:8080/hook?a=1&b=%20#c';
const URL_B = 'https://hooks.example.net/imp';
const CONTENT_TYPES = { json: 'application/json', urlencoded: 'application/x-www-form-urlencoded' };

onEachDatabase('impt webhook', (server) => {
    let account, api, impt, product, group;
    let count = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
    });
    beforeEach(async () => {
        product = await api.product(`Product ${++count}`);
        group = await api.deviceGroup(product, `group ${count}`);
    });

    const stored = ({ id }) => api.read(`/webhooks/${id}`);
    const create = (dg, event, url = URL_A, mime = 'json') => impt.json('webhook', 'create', '-g', dg.id, '-u', url, '-e', event, '-m', mime);
    const list = async (...args) => ids((await impt.json('webhook', 'list', ...args)).map((item) => item.Webhook));

    test('create one of each event and content type', async () => {
        for (const [mime, contentType] of Object.entries(CONTENT_TYPES)) {
            for (const event of ['blessing', 'blinkup', 'deployment']) {
                const { Webhook } = await create(group, event, URL_A, mime);
                assert.deepEqual(Webhook, { id: Webhook.id, event, url: URL_A });
                assert.match(Webhook.id, /^[A-Za-z0-9-]+$/);
                const { type, attributes, relationships } = await stored(Webhook);
                assert.equal(type, 'webhook');
                assert.deepEqual([attributes.event, attributes.url, attributes.content_type], [event, URL_A, contentType]);
                assert.deepEqual(relationships.devicegroup, { type: group.type, id: group.id });
                assert.equal(relationships.owner.id, account.id);
            }
        }
        assert.equal((await list('-g', group.id)).length, 6, 'several for one group and event');
        const production = await api.deviceGroup(product, 'production', 'production');
        const text = await impt.ok('webhook', 'create', '--dg', production.id, '--url', URL_B, '--event', 'blinkup', '--mime', 'json');
        assert.match(text, /^Webhook "[A-Za-z0-9-]+" is created successfully\.$/m);
    });

    test('create refuses what is no URL, and what is no group', async () => {
        for (const url of ['nonsense', 'ftp://example.net/', 'http://']) {
            const args = ['webhook', 'create', '-g', group.id, '-u', url, '-e', 'deployment', '-m', 'json'];
            await impt.fails('Error: Invalid URL: The provided URL is invalid.', ...args);
        }
        await impt.fails('Error: Device Group "nothing" is not found.', 'webhook', 'create', '-g', 'nothing', '-u', URL_A, '-e', 'blinkup', '-m', 'json');
        assert.deepEqual(await list('-g', group.id), []);
    });

    test('info', async () => {
        const { Webhook } = await create(group, 'deployment', URL_B, 'urlencoded');
        const info = (await impt.json('webhook', 'info', '--wh', Webhook.id)).Webhook;
        assert.deepEqual([info.id, info.event, info.url, info.content_type], [Webhook.id, 'deployment', URL_B, 'urlencoded']);
        assert.equal(info['Device Group'].id, group.id);
        assert.match(await impt.ok('webhook', 'info', '-w', Webhook.id), /^ *content_type: +urlencoded$/m);
        for (const nothing of ['nothing', group.id]) {
            await impt.fails(`Error: Webhook "${nothing}" is not found.`, 'webhook', 'info', '-w', nothing);
        }
    });

    test('list with filters', async () => {
        const other = await api.deviceGroup(await api.product(`Other ${count}`), 'other', 'pre_production');
        const a = await api.webhook(group, { event: 'deployment', url: URL_A });
        const b = await api.webhook(group, { event: 'blinkup', url: URL_B });
        const c = await api.webhook(other, { event: 'blinkup', url: URL_A });
        const groups = ['--dg', group.id, '-g', other.id];
        assertSameItems(await list(), ids(await api.list('/webhooks?page[size]=100')));
        assertSameItems(await list('-g', group.attributes.name), ids([a, b]));
        assertSameItems(await list(...groups), ids([a, b, c]));
        assertSameItems(await list('--product', product.id), ids([a, b]));
        assertSameItems(await list('-p', product.id, '-p', other.relationships.product.id, '-y', 'pre-production'), ids([c]));
        assertSameItems(await list(...groups, '--dg-type', 'development', '-y', 'dut'), ids([a, b]));
        assertSameItems(await list(...groups, '--url', URL_A), ids([a, c]));
        assertSameItems(await list(...groups, '-u', URL_A, '-u', URL_B, '--event', 'blinkup'), ids([b, c]));
        assertSameItems(await list(...groups, '-e', 'blessing', '-e', 'deployment'), ids([a]));
        assertSameItems(await list(...groups, '--owner', 'me'), ids([a, b, c]));
        assert.deepEqual(await list('-o', 'nobody'), []);
        assert.match(await impt.ok('webhook', 'list', ...groups), /^Webhook list \(3 items\):$/m);
    });

    test('update', async () => {
        const hook = await api.webhook(group);
        const attributes = async () => (await stored(hook)).attributes;
        assert.match(await impt.ok('webhook', 'update', '-w', hook.id, '--url', URL_B), /^Webhook ".*" is updated successfully\.$/m);
        assert.deepEqual([(await attributes()).url, (await attributes()).content_type], [URL_B, CONTENT_TYPES.json]);
        await impt.ok('webhook', 'update', '-w', hook.id, '--mime', 'urlencoded');
        assert.deepEqual([(await attributes()).url, (await attributes()).content_type], [URL_B, CONTENT_TYPES.urlencoded]);
        await impt.ok('webhook', 'update', '-w', hook.id);
        await impt.fails('Error: Invalid URL: The provided URL is invalid.', 'webhook', 'update', '-w', hook.id, '-u', 'nonsense');
        assert.deepEqual([(await attributes()).url, (await attributes()).event], [URL_B, 'deployment']);
        await impt.fails('Error: Webhook "nothing" is not found.', 'webhook', 'update', '-w', 'nothing', '-u', URL_A);
    });

    test('delete', async () => {
        const hook = await api.webhook(group);
        assert.match(await impt.ok('webhook', 'delete', '-w', hook.id, '-q'), /^Webhook ".*" is deleted successfully\.$/m);
        assert.ok(await api.isGone(`/webhooks/${hook.id}`));
        await impt.fails(`Error: Webhook "${hook.id}" is not found.`, 'webhook', 'delete', '-w', hook.id, '-q');
    });

    test('nothing of somebody else’s', async () => {
        const stranger = await openSession(server, { username: 'stranger' });
        const hook = await stranger.api.webhook(await stranger.api.deviceGroup(await stranger.api.product('Theirs'), 'theirs'));
        await impt.fails(`Error: Webhook "${hook.id}" is not found.`, 'webhook', 'info', '-w', hook.id);
        await impt.fails(`Error: Webhook "${hook.id}" is not found.`, 'webhook', 'delete', '-w', hook.id, '-q');
        assert.ok(!(await list()).includes(hook.id));
        assert.ok(!(await stranger.api.isGone(`/webhooks/${hook.id}`)));
    });
});
