// A page that an agent serves, in a real browser whose user has the API open, too: it can read nothing there and change nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Agent } from './harness/agent.js';
import { missing, openBrowser } from './harness/browser.js';
import { onEachDatabase } from './harness/each-database.js';
import { openAccount } from './harness/session.js';

const SCRIPT = readFileSync(fileURLToPath(new URL('programs/agent-page.js', import.meta.url)), 'utf8');
const TOKEN = 'what a program of the API keeps in its storage';
const UNREADABLE = { document: null, text: 'SecurityError' };

onEachDatabase("an agent's page", (server) => {
    test('the API lets pages of others use no credentials but those they bring', async () => {
        const { api } = await openAccount(server, { username: 'reader' });
        const origin = `http://127.0.0.1:${server.agentPort}`;
        const ask = (path, options) => fetch(server.url + path, { ...options, headers: { origin, authorization: `Bearer ${api.token}`, ...options?.headers } });
        for (const path of ['/', '/docs', '/v5', '/v5/products', '/v5/accounts/me', '/v5/nothing', '/impstead/v1/version', '/health']) {
            const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' } };
            for (const options of [{}, { method: 'POST', body: '{}' }, preflight]) {
                const { headers } = await ask(path, { redirect: 'manual', ...options });
                // `*` is never good for requests with a browser's own credentials, and there are none: tokens are no cookies.
                assert.ok([null, '*'].includes(headers.get('access-control-allow-origin')), path);
                assert.deepEqual([headers.get('access-control-allow-credentials'), headers.get('set-cookie')], [null, null], path);
                assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
            }
        }
        const { headers } = await ask('/docs');
        assert.match(headers.get('content-security-policy'), /frame-ancestors 'none'/);
        assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    });

    // At the API's own host, as on a machine without names, and at a host of the agents' own, as in production.
    for (const [where, host] of [['the same host', '127.0.0.1'], ['another host', 'agents.example']]) {
        test(`it can do nothing, at ${where}`, { skip: missing ?? false }, async (t) => {
            const session = await openAccount(server, { username: `victim-${host.replace(/\W/g, '')}` });
            const { api } = session;
            const product = await api.product('Mine');
            const target = JSON.stringify({ api: server.url, inside: { product: product.id } });
            const page = `<!doctype html><title>agent</title><body><script>window.target = ${target};\n${SCRIPT}</script>`;
            const agent = await Agent.deploy(server, session, `
                http.onrequest(function(request, response) {
                    response.header("Content-Type", "text/html; charset=utf-8");
                    response.send(200, @"${page.replaceAll('"', '""')}");
                });`);
            await agent.answers('');
            const before = await state(api);

            const context = await (await openBrowser(t)).newContext();
            const reference = await context.newPage();
            await reference.goto(`${server.url}/docs`);
            await reference.evaluate((token) => [localStorage, sessionStorage].forEach((storage) => storage.setItem('token', token)), TOKEN);
            const url = `http://${host}:${server.agentPort}/${agent.id}`;
            const [attacker] = await Promise.all([context.waitForEvent('page'), reference.evaluate((url) => void window.open(url), url)]);
            await attacker.waitForFunction(() => 'results' in window);

            assert.deepEqual(await attacker.evaluate(() => window.results), {
                'fetch with credentials': 'TypeError',
                // Whoever brings a token may come from any page, and this one has none.
                'fetch without credentials': 401,
                'fetch of a public page': 'TypeError',
                'fetch with a token': 401,
                'fetch that posts': 401,
                'fetch that deletes': 'TypeError',
                'fetch without looking': ['opaque', 0, ''],
                'XMLHttpRequest': [0, ''],
                'EventSource': 'failed',
                'a beacon': 'sent',
                'a script': 'failed',
                'a module': 'TypeError',
                'a frame of the reference': UNREADABLE,
                'a frame of the API': UNREADABLE,
                'a form as text': UNREADABLE,
                'a form': UNREADABLE,
                'a form in parts': UNREADABLE,
                'the cookies': '',
                'the storage': [null, null],
                'the opener': null,
            });
            const frames = attacker.frames().slice(1).map((frame) => frame.url());
            assert.ok(!frames.includes(`${server.url}/docs`), 'the reference shows in no frame');

            const another = await attacker.evaluate(() => window.openAnother());
            assert.deepEqual(another, { document: 'SecurityError', storage: 'SecurityError' });

            assert.equal(reference.url(), `${server.url}/docs`);
            assert.equal(await reference.evaluate(() => localStorage.getItem('token')), TOKEN);
            assert.deepEqual(await context.cookies(), [], 'there are no cookies to send along');
            assert.deepEqual(await state(api), before, 'nothing has changed');
        });
    }
});

/** What an account has. */
async function state(api) {
    const [me, ...lists] = await Promise.all([
        api.read('/accounts/me'),
        ...['/products', '/devicegroups', '/devices', '/webhooks'].map((path) => api.list(path)),
    ]);
    return { me, lists };
}
