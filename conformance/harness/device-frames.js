// The bytes of the device protocol, written from docs/device-protocol.md alone: sections 3, 4, 5, 7, 8 and 13.
import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';

const LABEL = Buffer.from('impstead device protocol: hello\0');
const SIGNATURE_BYTES = 64;
const DEEPEST = 32;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A float by its 32 bits, so that no payload of a NaN is lost. */
export class Float {
    constructor(bits) {
        this.bits = bits >>> 0;
    }

    static of(number) {
        return new Float(new DataView(new Float32Array([number]).buffer).getUint32(0, true));
    }

    get number() {
        return new DataView(new Uint32Array([this.bits]).buffer).getFloat32(0, true);
    }
}

/** A string whose bytes are not UTF-8. */
export class RawString {
    constructor(bytes) {
        this.bytes = bytes;
    }
}

class Writer {
    #parts = [];

    raw(bytes) {
        this.#parts.push(Buffer.from(bytes));
    }

    u8(number) {
        this.raw([number]);
    }

    varint(number) {
        let rest = number >>> 0;
        assert.equal(rest, number, 'a varint is unsigned and has 32 bits');
        for (; rest > 127; rest >>>= 7) this.u8((rest & 127) | 128);
        this.u8(rest);
    }

    zigzag(number) {
        assert.equal(number | 0, number, 'an integer has 32 bits');
        this.varint(((number << 1) ^ (number >> 31)) >>> 0);
    }

    bytes(bytes) {
        this.varint(bytes.length);
        this.raw(bytes);
    }

    done() {
        return Buffer.concat(this.#parts);
    }
}

class Reader {
    #bytes;
    #at = 0;

    constructor(bytes) {
        this.#bytes = bytes;
    }

    get left() {
        return this.#bytes.length - this.#at;
    }

    raw(length) {
        assert.ok(length <= this.left, `${length} bytes wanted, ${this.left} left`);
        this.#at += length;
        return this.#bytes.subarray(this.#at - length, this.#at);
    }

    u8() {
        return this.raw(1)[0];
    }

    varint() {
        let number = 0;
        for (let shift = 0; shift < 35; shift += 7) {
            const byte = this.u8();
            number += (byte & 127) * 2 ** shift;
            if (byte < 128) {
                assert.ok(byte > 0 || shift === 0, 'a varint in its shortest form');
                assert.ok(number < 2 ** 32, 'a varint of 32 bits');
                return number;
            }
        }
        return assert.fail('a varint of at most five bytes');
    }

    zigzag() {
        const number = this.varint();
        return (number >>> 1) ^ -(number & 1);
    }

    bytes() {
        return this.raw(this.varint());
    }
}

// --- Values (section 4): null, booleans, integers as numbers, `Float`, strings, blobs as buffers, arrays, tables as maps.

export function encodeValue(value) {
    const writer = new Writer();
    writeValue(writer, value);
    return writer.done();
}

export function decodeValue(bytes) {
    const reader = new Reader(bytes);
    const value = readValue(reader, 0);
    assert.equal(reader.left, 0, 'nothing after the value');
    return value;
}

function writeValue(writer, value) {
    if (value === null) writer.u8(0xa0);
    else if (typeof value === 'boolean') writer.u8(value ? 0xa2 : 0xa1);
    else if (typeof value === 'number') writeInteger(writer, value);
    else if (value instanceof Float) writer.raw([0xa4, ...new Uint8Array(new Uint32Array([value.bits]).buffer)]);
    else if (typeof value === 'string' || value instanceof RawString) {
        const bytes = value instanceof RawString ? value.bytes : Buffer.from(value);
        writeSized(writer, 0x40, 64, 0xa5, bytes.length);
        writer.raw(bytes);
    } else if (value instanceof Uint8Array) {
        writer.u8(0xa6);
        writer.bytes(value);
    } else if (Array.isArray(value)) {
        writeSized(writer, 0x80, 16, 0xa7, value.length);
        for (const item of value) writeValue(writer, item);
    } else {
        writeSized(writer, 0x90, 16, 0xa8, value.size);
        for (const pair of value) for (const part of pair) writeValue(writer, part);
    }
}

function writeInteger(writer, number) {
    if (number >= -32 && number <= 31) return writer.zigzag(number);
    writer.u8(0xa3);
    return writer.zigzag(number);
}

function writeSized(writer, small, limit, large, size) {
    if (size < limit) return writer.u8(small + size);
    writer.u8(large);
    return writer.varint(size);
}

function readValue(reader, depth) {
    const tag = reader.u8();
    if (tag < 0x40) return (tag >>> 1) ^ -(tag & 1);
    if (tag < 0x80) return readString(reader.raw(tag - 0x40));
    if (tag < 0x90) return readArray(reader, tag - 0x80, depth);
    if (tag < 0xa0) return readTable(reader, tag - 0x90, depth);
    switch (tag) {
        case 0xa0:
            return null;
        case 0xa1:
            return false;
        case 0xa2:
            return true;
        case 0xa3: {
            const number = reader.zigzag();
            assert.ok(number < -32 || number > 31, 'the shortest tag of an integer');
            return number;
        }
        case 0xa4:
            return new Float(reader.raw(4).readUInt32LE());
        case 0xa5:
            return readString(reader.raw(atLeast(64, reader.varint())));
        case 0xa6:
            return Buffer.from(reader.bytes());
        case 0xa7:
            return readArray(reader, atLeast(16, reader.varint()), depth);
        case 0xa8:
            return readTable(reader, atLeast(16, reader.varint()), depth);
        default:
            return assert.fail(`no tag: ${tag}`);
    }
}

function atLeast(least, size) {
    assert.ok(size >= least, 'the shortest tag of a size');
    return size;
}

function readString(bytes) {
    try {
        return UTF8.decode(bytes);
    } catch {
        return new RawString(Buffer.from(bytes));
    }
}

function readArray(reader, count, depth) {
    assert.ok(depth < DEEPEST && count <= reader.left, 'an array within the limits');
    return Array.from({ length: count }, () => readValue(reader, depth + 1));
}

function readTable(reader, count, depth) {
    assert.ok(depth < DEEPEST && count * 2 <= reader.left, 'a table within the limits');
    const table = new Map();
    const seen = new Set();
    for (let i = 0; i < count; i++) {
        const key = readValue(reader, depth + 1);
        assert.ok(['string', 'number', 'boolean'].includes(typeof key) || key instanceof Float || key instanceof RawString, 'a key');
        const encoded = encodeValue(key).toString('hex');
        assert.ok(!seen.has(encoded), 'a key once');
        seen.add(encoded);
        table.set(key, readValue(reader, depth + 1));
    }
    return table;
}

// --- Frames (sections 3, 5, 7, 8)

/** How each kind of part is written and read. Ids and hashes are hex digits. */
const KINDS = {
    u8: [(w, v) => w.u8(v), (r) => r.u8()],
    code: [(w, v) => w.u8(v), (r) => r.u8()],
    bool: [(w, v) => w.u8(v ? 1 : 0), (r) => oneOf([0, 1], r.u8()) === 1],
    u64: [(w, v) => w.raw(new Uint8Array(new BigUint64Array([BigInt(v)]).buffer)), (r) => Number(r.raw(8).readBigUInt64LE())],
    id: [(w, v) => w.raw(Buffer.from(v, 'hex')), (r) => r.raw(8).toString('hex')],
    sha: [(w, v) => w.raw(Buffer.from(v, 'hex')), (r) => r.raw(32).toString('hex')],
    magic: [(w) => w.raw(Buffer.from('imps')), (r) => oneOf(['imps'], r.raw(4).toString('latin1'))],
    nonce: [(w, v) => w.raw(v), (r) => Buffer.from(r.raw(32))],
    varint: [(w, v) => w.varint(v), (r) => r.varint()],
    zigzag: [(w, v) => w.zigzag(v), (r) => r.zigzag()],
    bytes: [(w, v) => w.bytes(Buffer.from(v)), (r) => Buffer.from(r.bytes())],
    text: [(w, v) => w.bytes(Buffer.from(v)), (r) => UTF8.decode(r.bytes())],
    value: [writeValue, (r) => readValue(r, 0)],
    // Only as fields, whose length says how much there is.
    rest: [(w, v) => w.raw(v), (r) => Buffer.from(r.raw(r.left))],
    restText: [(w, v) => w.raw(Buffer.from(v)), (r) => UTF8.decode(r.raw(r.left))],
};

function oneOf(values, value) {
    assert.ok(values.includes(value), `${value} is none of ${values}`);
    return value;
}

const FACTS = {
    0x80: ['swversion', 'restText'],
    0x81: ['impType', 'restText'],
    0x82: ['mac', 'rest'],
    0x83: ['freeMemory', 'varint'],
    0x84: ['rssi', 'zigzag'],
    0x85: ['storageUsed', 'varint'],
    0x86: ['networkKind', 'code'],
    0x87: ['networkName', 'rest'],
    0x88: ['address', 'rest'],
};

/** Frames that both sides send; the server's types have bit 6 set. */
const SHARED = {
    0x03: ['close', { reason: 'code', wait: 'varint', text: 'text' }],
    0x04: ['ping', { number: 'varint' }],
    0x05: ['pong', { number: 'varint' }],
    0x06: ['ack', { sequence: 'varint' }],
    0x07: ['message', { sequence: 'varint', ackWanted: 'bool', name: 'bytes', value: 'value' }],
};

const FROM_DEVICE = {
    0x01: [
        'hello',
        { version: 'u8', id: 'id', wakeReason: 'code', running: 'bool', server: 'text' },
        { 0x01: ['program', 'sha'], 0x02: ['longestFrame', 'varint'], ...FACTS, 0xa0: ['compressions', 'rest'], 0xa1: ['heartbeat', 'varint'] },
    ],
    ...SHARED,
    0x08: ['log', { sequence: 'varint', ackWanted: 'bool', kind: 'code', line: 'bytes' }],
    0x09: ['codeWant', { program: 'sha', from: 'varint' }],
    0x0a: ['codeResult', { program: 'sha', outcome: 'code', storageUsed: 'varint', text: 'text' }],
    0x0b: ['started', { wakeReason: 'code', program: 'sha' }],
    0x0c: ['restarting', {}],
    0x0d: ['sleep', { kind: 'code', seconds: 'varint' }],
    0x0e: ['exitCode', { code: 'varint', text: 'text' }],
    0x0f: ['report', {}, FACTS],
    0x10: ['bless', { request: 'varint', passed: 'bool' }, { 0x80: ['fixture', 'id'] }],
    0x11: ['enrol', { request: 'varint', plan: 'text', token: 'text' }, { 0x80: ['fixture', 'id'] }],
};

const FROM_SERVER = {
    0x41: ['challenge', { magic: 'magic', oldest: 'u8', newest: 'u8', nonce: 'nonce', time: 'u64' }],
    0x42: ['welcome', { heartbeat: 'varint', longestFrame: 'varint' }, { 0x01: ['program', 'sha'] }],
    ...Object.fromEntries(Object.entries(SHARED).map(([type, frame]) => [Number(type) | 0x40, frame])),
    0x49: ['codeOffer', { program: 'sha', format: 'code', compression: 'code', size: 'varint', travels: 'varint' }, { 0x80: ['environment', 'value'] }],
    0x4a: ['codeChunk', { offset: 'varint', bytes: 'bytes' }],
    0x4b: ['restart', { reason: 'code' }],
    0x4c: ['shutdown', { reason: 'code' }],
    0x4d: ['unload', {}],
    0x50: ['answer', { request: 'varint', code: 'code' }],
};

const TYPES = { ...FROM_DEVICE, ...FROM_SERVER };

/** The bytes of a frame from the device; `{ type: 'log', sequence: 1, … }`. A hello needs its `signature`, see `signedHello`. */
export function encodeFrame(frame, direction = FROM_DEVICE) {
    const found = Object.entries(direction).find(([, [name]]) => name === frame.type);
    assert.ok(found, `no frame ${frame.type}`);
    const [type, [, body, fields = {}]] = found;
    const writer = new Writer();
    writer.u8(Number(type));
    for (const [name, kind] of Object.entries(body)) KINDS[kind][0](writer, frame[name]);
    // Integer keys come in ascending order, as fields must.
    for (const [id, [name, kind]] of Object.entries(fields)) {
        if (frame[name] === undefined) continue;
        const content = new Writer();
        KINDS[kind][0](content, frame[name]);
        writer.u8(Number(id));
        writer.bytes(content.done());
    }
    if (frame.type === 'hello') writer.raw(frame.signature ?? []);
    return writer.done();
}

/** The bytes of a frame from the server, for tests of the device itself. */
export function encodeServerFrame(frame) {
    return encodeFrame(frame, FROM_SERVER);
}

/** What a frame says; `null` for a type that this version skips. Whatever is wrong with it is thrown. */
export function decodeFrame(bytes) {
    let body = bytes;
    const reader = () => new Reader(body);
    const type = reader().u8();
    if (!(type in TYPES)) {
        assert.ok(type & 0x80, `unknown type ${type.toString(16)}`);
        return null;
    }
    const [name, parts, fields = {}] = TYPES[type];
    const frame = { type: name };
    if (name === 'hello') {
        frame.signature = bytes.subarray(-SIGNATURE_BYTES);
        body = bytes.subarray(0, -SIGNATURE_BYTES);
    }
    const rest = reader();
    rest.u8();
    for (const [part, kind] of Object.entries(parts)) frame[part] = KINDS[kind][1](rest);
    let last = -1;
    while (rest.left > 0) {
        const id = rest.u8();
        assert.ok(id > last, 'fields ascend');
        last = id;
        const content = new Reader(rest.bytes());
        if (!(id in fields)) {
            assert.ok(id & 0x80, `unknown field ${id.toString(16)} of ${name}`);
            continue;
        }
        const [field, kind] = fields[id];
        frame[field] = KINDS[kind][1](content);
        assert.equal(content.left, 0, `nothing after field ${field}`);
    }
    return frame;
}

/** The hello with its signature over label, challenge and hello (section 5.5). */
export function signedHello(hello, challenge, secret) {
    const unsigned = encodeFrame(hello);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(challenge.length);
    // Node takes a bare seed only inside this PKCS #8 envelope.
    const key = createPrivateKey({
        key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(secret, 'hex')]),
        format: 'der',
        type: 'pkcs8',
    });
    return Buffer.concat([unsigned, sign(null, Buffer.concat([LABEL, length, challenge, unsigned]), key)]);
}

/** The name of the server that belongs to a URL (section 5.4). */
export function serverName(url) {
    const { protocol, host } = new URL(url.replace(/^ws/, 'http'));
    return `${protocol}//${host}`;
}

// --- Codes (section 13)

export const Wake = { POWER_ON: 0, TIMER: 1, SW_RESET: 2, NEW_SQUIRREL: 4, SQUIRREL_ERROR: 5, SNOOZE: 7, BLINKUP: 9, SW_RESTART: 10 };
export const Shutdown = { NEWSQUIRREL: 1, NEWFIRMWARE: 2, OTHER: 3 };
export const Kind = { LOG: 1, ERROR: 2 };
export const Sleep = { DEEP_SLEEP: 1, DISCONNECT: 2, EXPECT_ONLINE: 3, SNOOZE: 4 };
export const Close = {
    NORMAL: 0,
    REPLACED: 1,
    NOT_AUTHORISED: 2,
    WRONG_SERVER: 3,
    VERSION: 4,
    PROTOCOL_ERROR: 5,
    TOO_LARGE: 6,
    TIMEOUT: 7,
    GOING_AWAY: 8,
    OVERLOADED: 9,
    TOO_SLOW: 10,
};
export const Outcome = { HAVE_IT: 0, INSTALLED: 1, OUT_OF_SPACE: 2, CORRUPT: 3, BAD_PROGRAM: 4, UNSUPPORTED: 5, STORAGE_FAILED: 6 };
export const Answer = { OK: 0, REFUSED: 1, TRY_AGAIN: 2 };
export const Network = { WIFI: 1, ETHERNET: 2, CELLULAR: 3, HOST: 4 };
