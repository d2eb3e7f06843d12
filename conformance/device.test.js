// The scripted device against the document that it was written from, without a server.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { Device, sha256, waitBefore } from './harness/device.js';
import { Answer, Close, decodeFrame, decodeValue, encodeFrame, encodeServerFrame, encodeValue, Float, Outcome, RawString, serverName, signedHello, Sleep, Wake } from './harness/device-frames.js';

import { Queue } from './harness/queue.js';

const read = (file) => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
const DOCUMENT = read('docs/device-protocol.md');
const SECRET = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const PUBLIC_KEY = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8';
const ID = '50000c2a69000001';
const CODE = 'server.log("hi")';
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

/** The other end of the line: sends what a test tells it to. */
class Counterpart {
    frames = new Queue('frame of the device');
    connections = new Queue('connection of the device');

    static async open(t) {
        const counterpart = new Counterpart();
        const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => offered.has('impstead-device') && 'impstead-device' });
        await new Promise((resolve) => server.once('listening', resolve));
        t.after(() => {
            for (const socket of server.clients) socket.terminate();
            server.close();
        });
        counterpart.url = `http://127.0.0.1:${server.address().port}`;
        server.on('connection', (socket) => {
            counterpart.socket = socket;
            socket.on('message', (data) => counterpart.frames.push(data));
            counterpart.connections.push(socket);
        });
        return counterpart;
    }

    send(frame) {
        this.socket.send(encodeServerFrame(frame));
    }

    sendBytes(bytes) {
        this.socket.send(bytes);
    }

    async frame() {
        return decodeFrame(await this.frames.next());
    }

    async expect(frame) {
        assert.deepEqual(await this.frame(), frame);
    }

    /** Sends a challenge, checks the hello's signature, and welcomes the device. */
    async greet({ heartbeat = 30, program } = {}) {
        await this.connections.next();
        const challenge = DUMPS.get('challenge');
        this.sendBytes(challenge);
        const bytes = await this.frames.next();
        const hello = decodeFrame(bytes);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(challenge.length);
        const signed = Buffer.concat([Buffer.from('impstead device protocol: hello\0'), length, challenge, bytes.subarray(0, -64)]);
        const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(PUBLIC_KEY, 'hex').toString('base64url') }, format: 'jwk' });
        assert.ok(verify(null, signed, key, hello.signature));
        this.send({ type: 'welcome', heartbeat, longestFrame: 270336, program });
        return hello;
    }

    /** Gives it the program of the examples in two chunks. */
    async install() {
        this.send({ type: 'codeOffer', program: PROGRAM, format: 1, compression: 0, size: CODE.length, travels: CODE.length, environment: new Map([['__VARS', new Map()]]) });
        await this.expect({ type: 'codeWant', program: PROGRAM, from: 0 });
        this.send({ type: 'codeChunk', offset: 0, bytes: CODE.slice(0, 5) });
        this.send({ type: 'codeChunk', offset: 5, bytes: CODE.slice(5) });
        assert.equal((await this.frame()).outcome, Outcome.INSTALLED);
    }
}

describe('the scripted device', () => {
    const connect = async (t, options, welcome) => {
        const counterpart = await Counterpart.open(t);
        const device = new Device(counterpart.url, { id: ID, secret: SECRET }, { haste: 20, ...options });
        t.after(() => device.stop());
        const started = device.start();
        const hello = await counterpart.greet(welcome);
        await started;
        return { counterpart, device, hello };
    };

    test('stores a program, runs it, restarts it, forgets it', async (t) => {
        assert.equal(sha256(CODE), PROGRAM);
        const { counterpart, device, hello } = await connect(t, { facts: { freeMemory: 91240 } });
        assert.deepEqual(
            [hello.id, hello.server, hello.running, hello.program, hello.freeMemory, hello.wakeReason],
            [ID, counterpart.url, false, undefined, 91240, Wake.POWER_ON],
        );
        await counterpart.install();
        await counterpart.expect({ type: 'started', wakeReason: Wake.NEW_SQUIRREL, program: PROGRAM });
        assert.equal((await device.next('started')).code, CODE);
        counterpart.send({ type: 'restart', reason: 1 });
        await counterpart.expect({ type: 'started', wakeReason: Wake.SW_RESTART, program: PROGRAM });
        counterpart.send({ type: 'shutdown', reason: 1 });
        await counterpart.expect({ type: 'restarting' });
        counterpart.send({ type: 'codeOffer', program: PROGRAM, format: 1, compression: 0, size: 16, travels: 16 });
        assert.equal((await counterpart.frame()).outcome, Outcome.HAVE_IT);
        counterpart.send({ type: 'codeOffer', program: PROGRAM, format: 1, compression: 2, size: 16, travels: 9 });
        assert.equal((await counterpart.frame()).outcome, Outcome.UNSUPPORTED);
        counterpart.send({ type: 'unload' });
        await device.next('unload');
        assert.equal(device.program, null);
    });

    test('numbers its lines, waits for acknowledgements, answers pings and messages', async (t) => {
        const { counterpart, device } = await connect(t);
        await device.log('one');
        const two = device.log('two', { ack: true });
        await counterpart.expect({ type: 'log', sequence: 1, ackWanted: false, kind: 1, line: Buffer.from('one') });
        await counterpart.expect({ type: 'log', sequence: 2, ackWanted: true, kind: 1, line: Buffer.from('two') });
        counterpart.send({ type: 'ack', sequence: 2 });
        assert.equal(await two, true);
        counterpart.send({ type: 'ping', number: 300 });
        await counterpart.expect({ type: 'pong', number: 300 });
        counterpart.send({ type: 'message', sequence: 1, ackWanted: true, name: 'set.limit', value: 35 });
        await counterpart.expect({ type: 'ack', sequence: 1 });
        assert.equal((await device.next('message')).value, 35);
        const blessed = device.bless(true, { request: 7, fixture: '50000c2a69000002' });
        await counterpart.expect({ type: 'bless', request: 7, passed: true, fixture: '50000c2a69000002' });
        counterpart.sendBytes(Buffer.from('e00102', 'hex'));
        counterpart.send({ type: 'answer', request: 7, code: 0 });
        assert.equal(await blessed, Answer.OK);
        const lost = device.log('three', { ack: true });
        counterpart.socket.terminate();
        assert.equal(await lost, false);
    });

    test('comes back, with its program and why it runs, and starts no program twice', async (t) => {
        const { counterpart, device } = await connect(t);
        await counterpart.install();
        await counterpart.frame();
        counterpart.send({ type: 'close', reason: Close.GOING_AWAY, wait: 1, text: '' });
        assert.equal((await device.next('lost')).close.reason, Close.GOING_AWAY);
        const hello = await counterpart.greet({ program: PROGRAM });
        assert.deepEqual([hello.program, hello.running, hello.wakeReason], [PROGRAM, true, Wake.NEW_SQUIRREL]);
        await device.next('open');
        await device.log('again', { ack: false });
        assert.equal((await counterpart.frame()).sequence, 1, 'no second start, and numbers begin anew');
    });

    test('sleeps, wakes up and starts its program', async (t) => {
        const { counterpart, device } = await connect(t);
        await counterpart.install();
        await counterpart.frame();
        const asleep = device.sleep(Sleep.DEEP_SLEEP, 3600);
        await counterpart.expect({ type: 'sleep', kind: 1, seconds: 3600 });
        await counterpart.expect({ type: 'close', reason: Close.NORMAL, wait: 0, text: '' });
        counterpart.socket.close();
        await asleep;
        const started = device.start();
        const hello = await counterpart.greet({ program: PROGRAM });
        assert.deepEqual([hello.running, hello.wakeReason], [false, Wake.TIMER]);
        await started;
        await counterpart.expect({ type: 'started', wakeReason: Wake.TIMER, program: PROGRAM });
    });

    test('finds a dead server, and closes on what the protocol does not allow', async (t) => {
        const { counterpart, device } = await connect(t, {}, { heartbeat: 1 });
        await counterpart.expect({ type: 'ping', number: 0 });
        assert.equal((await device.next('lost')).close, null);
        await counterpart.greet();
        await device.next('open');
        counterpart.send({ type: 'ack', sequence: 5 });
        assert.equal((await counterpart.frame()).reason, Close.PROTOCOL_ERROR);
        await device.next('lost');
    });

    test('says that it was refused', async (t) => {
        const counterpart = await Counterpart.open(t);
        const device = new Device(counterpart.url, { id: ID, secret: SECRET });
        t.after(() => device.stop());
        const refused = assert.rejects(device.start(), ({ close }) => close.reason === Close.NOT_AUTHORISED);
        await counterpart.connections.next();
        counterpart.sendBytes(DUMPS.get('challenge'));
        await counterpart.frame();
        counterpart.send({ type: 'close', reason: Close.NOT_AUTHORISED, wait: 0, text: '' });
        await refused;
    });
});
