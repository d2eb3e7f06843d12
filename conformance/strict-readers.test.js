// The strictest readers of log streams that there are, as replayed requests over a plain socket and with parsers as
// literal as theirs: an editor plug-in that compares whole lines, a desktop tool that splits on two line feeds, and the
// library, which waits for nothing but the head of the answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { RawStream } from './harness/raw-stream.js';
import { openAccount } from './harness/session.js';

const HEADS_MS = 2000;
const KEEP_ALIVE_MS = 30_000;

onEachDatabase('strict readers', (server) => {
    let sessions = 0;

    /** An account of its own for each reader, because an account has one stream. */
    const openReader = () => openAccount(server, { username: `reader${++sessions}` });

    /** The same with a connected device. */
    const prepare = async (t) => {
        const { account, api } = await openReader();
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(await api.deviceGroup(await api.product('Read'), 'read'), [added]);
        return { api, added, device: await onLine(t, server, added) };
    };

    const path = (url) => new URL(url).pathname;
    const membership = async (api, method, url, id) => assert.equal((await api.request(method, `${url}/${id}`)).status, 204);

    const expectHead = (stream) => {
        assert.equal(stream.head[0], 'HTTP/1.1 200 OK');
        assert.equal(stream.header('content-type'), 'text/event-stream');
        assert.equal(stream.header('transfer-encoding'), 'chunked');
        assert.equal(stream.header('content-encoding'), undefined);
    };

    test('whole lines, compared byte for byte; data less six characters', async (t) => {
        const { api, added, device } = await prepare(t);
        const { data } = await api.post('/logstream', null);
        const stream = await RawStream.open(t, server, [
            `GET /v5/logstream/${data.id} HTTP/1.1`,
            `Authorization: Bearer ${api.token}`,
            'User-Agent: imp-developer/dev',
        ]);
        expectHead(stream);
        await membership(api, 'PUT', data.attributes.url, added.id);
        await device.log('moisture 41');
        await device.log('first\n\n third line: ü');
        await device.log('');
        await device.log('end');

        const events = [];
        let event = null;
        while (events.at(-1)?.data[0].endsWith(' end') !== true) {
            const line = await stream.lines.next();
            if (line === 'event: message') event = { name: 'message', data: [] };
            else if (line === 'event: state_change') event = { name: 'state_change', data: [] };
            else if (line === ': keep-alive') event = null;
            else if (line === '') {
                if (event) events.push(event);
                event = null;
            } else {
                assert.ok(event && line.startsWith('data: '), `a line that this reader drops: ${JSON.stringify(line)}`);
                event.data.push(line.substring(6));
            }
        }
        const [opened, subscribed, ...messages] = events;
        assert.deepEqual([opened, subscribed], [
            { name: 'state_change', data: ['opened'] },
            { name: 'state_change', data: [`${added.id} subscribed`] },
        ]);
        for (const { name, data: [first] } of messages) {
            assert.equal(name, 'message');
            const [id, ts, logType, type] = first.split(' ');
            assert.deepEqual([id, logType, type], [added.id, 'development', 'server.log']);
            assert.ok(!Number.isNaN(Date.parse(ts)));
            assert.ok(first.split(' ').length >= 4);
        }
        const text = ({ data: lines }) => [lines[0].split(' ').slice(4).join(' '), ...lines.slice(1)];
        assert.deepEqual(messages.map(text), [['moisture 41'], ['first', '', ' third line: ü'], [''], ['end']]);
        assert.doesNotMatch(stream.body, /\r/);
        assert.doesNotMatch(stream.body, /^(id|retry|event|data):\S/m);
    });

    test('the exact bytes', async (t) => {
        const { api, added, device } = await prepare(t);
        for (const [format, expected] of [
            [
                'text',
                (ts) =>
                    'event: state_change\ndata: opened\n\n' +
                    `event: state_change\ndata: ${added.id} subscribed\n\n` +
                    `event: message\ndata: ${added.id} ${ts} development server.log one\ndata: two\ndata: \n\n` +
                    `event: state_change\ndata: ${added.id} unsubscribed\n\n`,
            ],
            [
                'json',
                (ts) =>
                    'event: state_change\ndata: {"state":"opened"}\n\n' +
                    `event: state_change\ndata: {"device_id":"${added.id}","state":"subscribed"}\n\n` +
                    `event: message\ndata: {"device_id":"${added.id}","ts":"${ts}","log_type":"development","type":"server.log","msg":"one\\ntwo\\n"}\n\n` +
                    `event: state_change\ndata: {"device_id":"${added.id}","state":"unsubscribed"}\n\n`,
            ],
        ]) {
            const { data } = await api.post('/logstream', null);
            const stream = await RawStream.open(t, server, [`GET /v5/logstream/${data.id}?format=${format} HTTP/1.1`]);
            await stream.lines.until((line) => line.includes('opened'));
            await membership(api, 'PUT', data.attributes.url, added.id);
            await device.log('one\ntwo\n', { ack: true });
            await stream.lines.until((line) => line.includes('one'));
            await membership(api, 'DELETE', data.attributes.url, added.mac_address);
            await stream.lines.until((line) => line.includes('unsubscribed'));
            await stream.lines.until((line) => line === '');
            const body = stream.body.replaceAll(': keep-alive\n\n', '');
            assert.equal(body, expected(body.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/)?.[0]));
            await stream.drop();
        }
    });

    test('events split on two line feeds, no token on the stream, a new one after "closed"', async (t) => {
        const { api, added, device } = await prepare(t);
        /** What is before and after the first colon-space of each line. */
        const parse = (event) => event.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]);
        const read = async () => {
            const { data } = await api.post('/logstream?format=json', null);
            const { url } = data.attributes;
            assert.ok(url.startsWith(`${server.url}/`) && !url.includes('?') && !url.endsWith('/'), url);
            const stream = await RawStream.open(t, server, [`GET ${path(url)} HTTP/1.1`, 'User-Agent: Squinter/2', 'Cache-Control: no-cache']);
            expectHead(stream);
            return { url, stream, seen: 0 };
        };
        /** The next event that is no comment. */
        const event = async (reader) => {
            for (;;) {
                const events = reader.stream.body.split('\n\n');
                if (reader.seen < events.length - 1) {
                    const parts = parse(events[reader.seen++]);
                    if (parts[0][0] !== '') return parts;
                } else {
                    await reader.stream.lines.next();
                }
            }
        };
        const first = await read();
        // It adds its device only once it has seen the stream opened.
        assert.deepEqual(await event(first), [['event', 'state_change'], ['data', 'opened']]);
        await membership(api, 'PUT', first.url, added.id);
        assert.deepEqual(await event(first), [['event', 'state_change'], ['data', `${added.id} subscribed`]]);
        await device.log('a: b: c');
        const [[, name], [field, text]] = await event(first);
        assert.deepEqual([name, field], ['message', 'data']);
        assert.match(text, new RegExp(`^${added.id} \\S+ development server\\.log a: b: c$`));
        await membership(api, 'DELETE', first.url, added.id);
        assert.deepEqual(await event(first), [['event', 'state_change'], ['data', `${added.id} unsubscribed`]]);

        const second = await read();
        assert.deepEqual(await event(first), [['event', 'state_change'], ['data', 'closed']]);
        await first.stream.ended();
        assert.ok(first.stream.body.endsWith('event: state_change\ndata: closed\n\n'));
        assert.deepEqual(await event(second), [['event', 'state_change'], ['data', 'opened']]);
        const again = await RawStream.open(t, server, [`GET ${path(first.url)} HTTP/1.1`]);
        assert.equal(again.status, 404);
        assert.match(again.header('content-type'), /json/);
    });

    test('the head of the answer comes at once, and a body of "null" is none', async (t) => {
        const { api } = await openReader();
        const response = await fetch(`${server.endpoint}/logstream`, {
            method: 'POST',
            headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/vnd.api+json' },
            body: 'null',
        });
        assert.equal(response.status, 201);
        const { data } = await response.json();
        assert.equal(data.type, 'logstream');
        assert.match(data.id, /^[0-9a-f]{32}$/);
        const since = Date.now();
        const stream = await RawStream.open(t, server, [`GET /v5/logstream/${data.id}?format=json HTTP/1.1`, 'Cache-Control: no-cache', 'Accept: text/event-stream']);
        expectHead(stream);
        assert.equal(await stream.lines.next(), 'event: state_change');
        assert.equal(await stream.lines.next(), 'data: {"state":"opened"}');
        assert.ok(Date.now() - since < HEADS_MS);
        assert.equal((await api.request('GET', `/logstream/${data.id}?format=xml`)).status, 400);
    });

    test('silence ends in time, with a comment', async (t) => {
        const { api } = await openReader();
        const { data } = await api.post('/logstream', null);
        const stream = await RawStream.open(t, server, [`GET /v5/logstream/${data.id} HTTP/1.1`]);
        assert.deepEqual(await stream.lines.take(3), ['event: state_change', 'data: opened', '']);
        assert.equal(await stream.lines.next({ within: KEEP_ALIVE_MS }), ': keep-alive');
        assert.equal(await stream.lines.next(), '');
    });
}, { concurrency: 5, sideBySide: true });
