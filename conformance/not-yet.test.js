// What the server does today in place of what it cannot do yet. A failure here is good news: let the tests run that skip
// for this reason (harness/not-yet.js), and remove the test.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { onEachDatabase } from './harness/each-database.js';
import { openAccount } from './harness/session.js';

onEachDatabase('not yet', (server) => {
    let api;
    before(async () => ({ api } = await openAccount(server)));

    test('from step 3: code that does not compile is refused; today it is stored and becomes current', async () => {
        const group = await api.deviceGroup(await api.product('Broken'), 'broken');
        const broken = 'local fine = 1;\nlocal x = ;\n';
        const deployment = await api.deployment(group, { device_code: broken, agent_code: broken });
        assert.equal((await api.read(`/deployments/${deployment.id}`)).attributes.device_code, broken);
        assert.equal((await api.read(`/devicegroups/${group.id}`)).relationships.current_deployment.id, deployment.id);
    });
});
