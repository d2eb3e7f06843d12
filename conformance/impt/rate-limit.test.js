// impt runs five requests at a time; when it is told to slow down, it waits a second and tries again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { Api } from '../harness/http.js';
import { Impt } from '../harness/impt.js';

const LIMIT = { bucket: 8, refillPerSecond: 8 };

onEachDatabase('impt with a low rate limit', (server) => {
    test('a command of many requests succeeds', async () => {
        const account = await server.createAccount({ username: 'grower', password: 'correct horse' });
        const impt = await Impt.signedIn(server, account);
        const api = new Api(server.endpoint, Object.values(impt.authFile())[0].accessToken);
        const patiently = async (path) => {
            for (;;) {
                const answer = await api.request('GET', path);
                if (answer.status !== 429) return answer;
                assert.equal(answer.body.errors[0].status, '429');
                assert.equal(answer.headers.get('x-ratelimit-remaining'), '0');
                await new Promise((resolve) => setTimeout(resolve, 1000));
            }
        };
        // Twice what is allowed in the five seconds that a loaded machine may take for this.
        const answers = await Promise.all(Array.from({ length: 12 * LIMIT.bucket }, () => api.request('GET', '/accounts/me')));
        const statuses = new Set(answers.map(({ status }) => status));
        assert.deepEqual([...statuses].sort(), [200, 429], 'the limit is in force');

        const names = ['a', 'b', 'c'];
        await impt.ok('product', 'create', '-n', 'Busy');
        for (const name of names) await impt.ok('dg', 'create', '-p', 'Busy', '-n', name);
        for (const name of names) await impt.ok('build', 'deploy', '-g', name);
        const groups = (await impt.json('product', 'info', '-p', 'Busy', '--full')).Product['Device Groups'];
        assert.deepEqual(groups.map((item) => item['Device Group'].name).sort(), names);
        await impt.ok('product', 'delete', '-p', 'Busy', '-f', '-b', '-q');
        assert.deepEqual((await patiently('/products')).body.data, []);
    });
}, { rateLimit: LIMIT });
