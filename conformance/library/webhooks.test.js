// imp-central-api: webhooks
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ids } from '../harness/compare.js';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { ImpCentralApi, signedInLibrary } from '../harness/library.js';
import { openAccount } from '../harness/session.js';

const { Webhooks } = ImpCentralApi;

onEachDatabase('imp-central-api webhooks', (server) => {
    test('create, get, list, update, delete', async () => {
        const { account, api } = await openAccount(server);
        const { webhooks } = await signedInLibrary(server, account);
        const group = await api.deviceGroup(await api.product('Product'), 'group');
        const attributes = { url: 'https://hooks.example.net/', event: Webhooks.EVENT_DEPLOYMENT, content_type: Webhooks.CONTENT_TYPE_WWW_FORM };

        const { data } = await webhooks.create(group.id, group.type, attributes);
        for (const [name, value] of Object.entries(attributes)) assert.equal(data.attributes[name], value);
        // The secret that deliveries are signed with is told once.
        assert.match(data.attributes.secret, /^\w{32,}$/);
        delete data.attributes.secret;
        assert.deepEqual((await webhooks.get(data.id)).data, data);
        assert.deepEqual(ids((await webhooks.list({ [Webhooks.FILTER_DEVICE_GROUP_ID]: group.id }, 1, 100)).data), [data.id]);
        const updated = (await webhooks.update(data.id, { url: 'http://example.net', content_type: Webhooks.CONTENT_TYPE_JSON })).data;
        assert.deepEqual([updated.attributes.url, updated.attributes.content_type], ['http://example.net', 'application/json']);

        const { title, detail } = await refusal(webhooks.create(group.id, group.type, { ...attributes, url: 'nonsense' }), 400);
        assert.deepEqual([title, detail], ['Invalid URL', 'The provided URL is invalid.']);
        await refusal(webhooks.create('nonsense', group.type, attributes), 404);
        assert.equal(await webhooks.delete(data.id), undefined);
        await refusal(webhooks.get(data.id), 404);
    });
});
