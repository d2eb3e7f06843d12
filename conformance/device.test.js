// The scripted device against the document that it was written from, without a server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitBefore } from './harness/device.js';
import { Close, decodeFrame, decodeValue, encodeFrame, encodeServerFrame, encodeValue, Float, RawString, serverName, signedHello } from './harness/device-frames.js';

const read = (file) => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
const DOCUMENT = read('docs/device-protocol.md');
const SECRET = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const PROGRAM = 'd3400e72b5c43b99551c89f919a65eda93c1a31f10d50ec0d3b086c260835156';

/** The hex dumps of the document: `value reading` → its bytes. */
const DUMPS = new Map(
    [...DOCUMENT.matchAll(/^```(?:frame|value) (\S+)\n([^]*?)^```$/gm)].map(([, name, dump]) => {
        const digits = dump.split('\n').map((line) => line.split(';')[0]).join('').replace(/\s/g, '');
        return [name, Buffer.from(digits, 'hex')];
    }),
);

/** What the dumps say, in this client's words. */
const SAID = {
    'value-reading': new Map([
        ['moisture', 41],
        ['celsius', Float.of(21.5)],
        ['ok', true],
        ['raw', Buffer.from([0, 255])],
        ['last', [-1, 1000, null]],
    ]),
    'value-table-of-every-key': new Map([['b', 0], ['a', 1], [1, 2], [Float.of(1), 3], [true, 4], ['', 5]]),
    'value-float-signalling-nan': new Float(0xff801234),
    'value-int-minus-33': -33,
    'value-int-least': -(2 ** 31),
    'device-close': { type: 'close', reason: Close.NORMAL, wait: 0, text: '' },
    'device-ack': { type: 'ack', sequence: 1 },
    'log': { type: 'log', sequence: 1, ackWanted: false, kind: 1, line: Buffer.from('moisture 41') },
    'code-want': { type: 'codeWant', program: PROGRAM, from: 0 },
    'code-result-out-of-space': { type: 'codeResult', program: PROGRAM, outcome: 2, storageUsed: 12004, text: '' },
    'started': { type: 'started', wakeReason: 4, program: PROGRAM },
    'sleep': { type: 'sleep', kind: 1, seconds: 3600 },
    'exit-code': { type: 'exitCode', code: 16, text: 'imp.reset()' },
    'report': { type: 'report', freeMemory: 88000, rssi: -61 },
    'bless': { type: 'bless', request: 1, passed: true, fixture: '50000c2a69000002' },
    'enrol': { type: 'enrol', request: 2, plan: '7e1f2a90', token: 'dG9rZW4' },
    'welcome': { type: 'welcome', heartbeat: 120, longestFrame: 270336, program: PROGRAM },
    'server-close': { type: 'close', reason: Close.GOING_AWAY, wait: 5, text: 'restarting' },
    'server-message': { type: 'message', sequence: 1, ackWanted: false, name: Buffer.from('set.limit'), value: 35 },
    'shutdown': { type: 'shutdown', reason: 1 },
    'answer': { type: 'answer', request: 1, code: 0 },
};

describe('the device protocol, from its document alone', () => {
    for (const [name, bytes] of DUMPS) {
        test(name, () => {
            if (name.startsWith('value-')) {
                const value = decodeValue(bytes);
                if (name in SAID) assert.deepEqual(value, SAID[name]);
                assert.equal(encodeValue(value).toString('hex'), bytes.toString('hex'));
            } else {
                const frame = decodeFrame(bytes);
                if (name in SAID) assert.deepEqual(frame, SAID[name]);
                const again = bytes[0] & 0x40 ? encodeServerFrame(frame) : encodeFrame(frame);
                assert.equal(again.toString('hex'), bytes.toString('hex'));
            }
        });
    }

    test('the dumps are all that this test knows of', () => {
        for (const name of Object.keys(SAID)) assert.ok(DUMPS.has(name), name);
        assert.ok(DUMPS.size >= 35, String(DUMPS.size));
    });

    test('the vectors read and write back the same', () => {
        for (const line of read('crates/device-protocol/tests/vectors.txt').split('\n')) {
            if (!line || line.startsWith('#')) continue;
            const [name, hex] = line.split(' ');
            const bytes = Buffer.from(hex, 'hex');
            if (name.startsWith('value-')) assert.equal(encodeValue(decodeValue(bytes)).toString('hex'), hex, name);
            else assert.equal((bytes[0] & 0x40 ? encodeServerFrame : encodeFrame)(decodeFrame(bytes)).toString('hex'), hex, name);
        }
    });

    test('the signature of the example', () => {
        const hello = decodeFrame(DUMPS.get('hello'));
        assert.equal(hello.server, 'https://imp.example.net');
        delete hello.signature;
        assert.equal(signedHello(hello, DUMPS.get('challenge'), SECRET).toString('hex'), DUMPS.get('hello').toString('hex'));
    });

    test('values that are refused', () => {
        for (const hex of ['a30000', 'a302', 'a500', 'a700', 'a9', '41', '8101ff', '91a000', '924161004161 00', 'a380808080 10', '81'.repeat(33) + 'a0']) {
            assert.throws(() => decodeValue(Buffer.from(hex.replace(' ', ''), 'hex')), hex);
        }
        assert.deepEqual(decodeValue(Buffer.from('42ff00', 'hex')), new RawString(Buffer.from([255, 0])));
    });

    test('frames of a later version', () => {
        assert.equal(decodeFrame(Buffer.from('c30102', 'hex')), null);
        assert.throws(() => decodeFrame(Buffer.from('6f', 'hex')));
        assert.deepEqual(decodeFrame(Buffer.from('4407f00101', 'hex')), { type: 'ping', number: 7 });
        assert.throws(() => decodeFrame(Buffer.from('4407100101', 'hex')));
    });

    test('names of servers', () => {
        for (const [url, name] of [
            ['wss://Imp.Example.net/impstead/v1/device', 'https://imp.example.net'],
            ['ws://192.0.2.7:8080', 'http://192.0.2.7:8080'],
            ['http://127.0.0.1:80/v5', 'http://127.0.0.1'],
            ['https://example.net:8443/', 'https://example.net:8443'],
        ]) assert.equal(serverName(url), name);
    });

    test('waits before connecting again', () => {
        const [least, most] = [0, 0.999999].map((chance) => (attempt, close) => Math.round(waitBefore(attempt, close, () => chance)));
        assert.deepEqual([1, 2, 3, 7, 20].map((attempt) => least(attempt)), [500, 1000, 2000, 30_000, 30_000]);
        assert.deepEqual([1, 2, 3, 7, 20].map((attempt) => most(attempt)), [1000, 2000, 4000, 60_000, 60_000]);
        assert.deepEqual([least(1, { reason: Close.GOING_AWAY, wait: 10 }), most(1, { reason: Close.GOING_AWAY, wait: 10 })], [10_000, 15_000]);
        for (const reason of [Close.NOT_AUTHORISED, Close.WRONG_SERVER, Close.VERSION]) assert.ok(least(1, { reason, wait: 0 }) >= 900_000);
        for (const reason of [Close.REPLACED, Close.PROTOCOL_ERROR, Close.TOO_LARGE]) assert.ok(least(1, { reason, wait: 0 }) >= 60_000);
        assert.equal(least(1, { reason: 99, wait: 0 }), 500);
    });
});
