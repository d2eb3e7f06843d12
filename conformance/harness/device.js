// A device in plain JavaScript, written from docs/device-protocol.md alone. It runs no code: it stores what it is offered,
// says that it has started it, and otherwise does what a test tells it to.
import './clean-environment.js';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { Close, decodeFrame, encodeFrame, Kind, Outcome, serverName, signedHello, Sleep, Wake } from './device-frames.js';
import { Queue } from './queue.js';

const VERSION = 1;
const SUBPROTOCOL = 'impstead-device';
const HANDSHAKE_MS = 10_000;
const CLOSE_MS = 5000;
const RESTART_MS = 10_000;
const STEADY_MS = 60_000;
const STORAGE_BYTES = 65_536;

/** How long section 9 has a device wait before its `attempt`th connection since the last steady one, after this close. */
export function waitBefore(attempt, close = null, random = Math.random) {
    const most = Math.min(1000 * 2 ** (attempt - 1), 60_000);
    let ms = most / 2 + (most / 2) * random();
    if (close?.wait) ms = Math.max(ms, close.wait * 1000 * (1 + random() / 2));
    if ([Close.NOT_AUTHORISED, Close.WRONG_SERVER, Close.VERSION].includes(close?.reason)) ms = Math.max(ms, 900_000);
    if ([Close.REPLACED, Close.PROTOCOL_ERROR, Close.TOO_LARGE].includes(close?.reason)) ms = Math.max(ms, 60_000);
    return ms;
}

export class Device {
    /** What arrived and what the device did, in order: `{ type: 'started', … }`, `{ type: 'open', … }`, `{ type: 'lost', … }`. */
    events = new Queue('event of the device');
    /** The program that is stored: its hash and its text. */
    program = null;
    running = false;
    #socket = null;
    #stopped = true;

    /**
     * `id` and `secret` as `impstead device add` prints them; `facts` as the fields of a hello are called.
     * `haste` divides the waits between connections, for tests that have no minute to spare.
     * `onShutdown`: whether its programs have a shutdown handler, that agrees only when a test calls `restarting()`.
     */
    constructor(url, { id, secret }, { facts = {}, haste = 1, onShutdown = false, outcome = null } = {}) {
        Object.assign(this, { url, id, secret, facts, haste, onShutdown, outcome });
        this.wakeReason = Wake.POWER_ON;
    }

    get connected() {
        return this.#socket?.open ?? false;
    }

    /** Connects once; resolves with the welcome, or is refused with the server's close. */
    async connect() {
        const link = { sent: 0, received: 0, waiting: [], open: false, offer: null, close: null };
        const socket = new WebSocket(`${this.url.replace(/^http/, 'ws')}/impstead/v1/device`, SUBPROTOCOL, {
            perMessageDeflate: false,
            handshakeTimeout: HANDSHAKE_MS,
        });
        link.socket = socket;
        this.#socket = link;
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => socket.terminate(), HANDSHAKE_MS);
            const settle = (action, value) => {
                clearTimeout(timer);
                action(value);
            };
            socket.on('message', (data, isBinary) => {
                try {
                    assert.ok(isBinary, 'a text message');
                    this.#alive(link);
                    const frame = decodeFrame(data);
                    if (frame === null || link.close) return;
                    if (link.open) this.#handle(link, frame);
                    else if (frame.type === 'challenge' && !link.challenged) this.#answer(link, frame, data);
                    else if (frame.type === 'welcome' && link.challenged) {
                        this.#open(link, frame);
                        settle(resolve, frame);
                    } else if (frame.type === 'close') this.#closed(link, frame);
                    else assert.fail(`${frame.type} during the handshake`);
                } catch (error) {
                    link.error = error;
                    this.events.push({ type: 'error', error: error.message });
                    this.#send(link, { type: 'close', reason: Close.PROTOCOL_ERROR, wait: 0, text: error.message.slice(0, 200) });
                    socket.close();
                }
            });
            socket.on('error', (error) => (link.error ??= error));
            socket.on('close', () => {
                this.#lost(link);
                const why = link.close ? `closed: ${link.close.reason} ${link.close.text}` : link.error?.message ?? 'broken';
                settle(reject, Object.assign(new Error(why), { close: link.close }));
            });
        });
    }

    #answer(link, challenge, bytes) {
        if (challenge.oldest > VERSION || challenge.newest < VERSION) {
            this.#send(link, { type: 'close', reason: Close.VERSION, wait: 0, text: '' });
            link.socket.close();
            return;
        }
        link.challenged = true;
        const hello = {
            ...{ type: 'hello', version: VERSION, id: this.id, wakeReason: this.wakeReason, running: this.running },
            ...{ server: serverName(this.url), ...(this.program && { program: this.program.sha }), ...this.facts },
        };
        link.socket.send(signedHello(hello, bytes, this.secret));
    }

    #open(link, welcome) {
        link.open = true;
        link.since = Date.now();
        link.heartbeatMs = welcome.heartbeat * 1000;
        this.#alive(link);
        this.events.push({ ...welcome, type: 'open' });
        if (welcome.program === undefined) this.#unload();
        else if (welcome.program === this.program?.sha && !this.running) this.#start(this.wakeReason);
    }

    /** Section 6.2: pings after half a heartbeat of silence, and takes the server for dead after all of it. */
    #alive(link) {
        clearTimeout(link.timer);
        if (!link.heartbeatMs) return;
        link.timer = setTimeout(() => {
            this.#send(link, { type: 'ping', number: 0 });
            link.timer = setTimeout(() => link.socket.terminate(), link.heartbeatMs / 2);
        }, link.heartbeatMs / 2);
    }

    #send(link, frame) {
        if (link.socket.readyState === WebSocket.OPEN) link.socket.send(encodeFrame(frame));
    }

    #say(frame) {
        assert.ok(this.connected, `the device is not connected, and cannot say ${frame.type}`);
        this.#send(this.#socket, frame);
    }

    #handle(link, frame) {
        switch (frame.type) {
            case 'ping':
                return this.#send(link, { type: 'pong', number: frame.number });
            case 'ack':
                return this.#acknowledged(link, frame.sequence);
            case 'message':
                assert.equal(frame.sequence, ++link.received, 'the next number');
                if (frame.ackWanted) this.#send(link, { type: 'ack', sequence: frame.sequence });
                break;
            case 'codeOffer':
                this.#offered(link, frame);
                break;
            case 'codeChunk':
                return this.#chunk(link, frame);
            case 'restart':
                this.events.push(frame);
                return this.#restart();
            case 'shutdown':
                this.events.push(frame);
                if (!this.onShutdown) this.restarting();
                return undefined;
            case 'unload':
                this.events.push(frame);
                return this.#unload();
            case 'close':
                return this.#closed(link, frame);
            case 'pong':
                return undefined;
        }
        return this.events.push(frame);
    }

    #acknowledged(link, sequence) {
        assert.ok(sequence <= link.sent, 'an ack beyond what was sent');
        while (link.waiting.length > 0 && link.waiting[0].sequence <= sequence) link.waiting.shift().resolve(true);
    }

    #offered(link, offer) {
        link.offer = null;
        const result = (outcome) => this.#result(link, offer, outcome);
        if (this.outcome !== null) return result(this.outcome);
        if (offer.format !== 1 || offer.compression !== 0) return result(Outcome.UNSUPPORTED);
        if (offer.program === this.program?.sha) {
            result(Outcome.HAVE_IT);
            this.program.environment = offer.environment;
            return this.running ? undefined : this.#start(this.wakeReason);
        }
        if (offer.size > STORAGE_BYTES) return result(Outcome.OUT_OF_SPACE);
        link.offer = { ...offer, received: [], have: 0 };
        this.#send(link, { type: 'codeWant', program: offer.program, from: 0 });
        return offer.travels === 0 ? this.#install(link) : undefined;
    }

    #chunk(link, { offset, bytes }) {
        const { offer } = link;
        assert.ok(offer && offset === offer.have && bytes.length <= 4096, 'the next bytes of the offer');
        offer.received.push(bytes);
        offer.have += bytes.length;
        assert.ok(offer.have <= offer.travels, 'no more than was offered');
        if (offer.have === offer.travels) this.#install(link);
    }

    #install(link) {
        const { offer } = link;
        link.offer = null;
        const code = Buffer.concat(offer.received);
        if (code.length !== offer.size || sha256(code) !== offer.program) return this.#result(link, offer, Outcome.CORRUPT);
        this.program = { sha: offer.program, code: code.toString(), environment: offer.environment };
        this.#result(link, offer, Outcome.INSTALLED);
        return this.#start(Wake.NEW_SQUIRREL);
    }

    #result(link, offer, outcome) {
        const storageUsed = Math.round((offer.size / STORAGE_BYTES) * 10_000);
        this.#send(link, { type: 'codeResult', program: offer.program, outcome, storageUsed, text: '' });
        // Whatever it has runs from now on at the latest.
        if (outcome > Outcome.INSTALLED && this.program && !this.running) this.#start(this.wakeReason);
    }

    #start(wakeReason) {
        this.#clearRestart();
        this.running = true;
        this.wakeReason = wakeReason;
        if (this.connected) this.#say({ type: 'started', wakeReason, program: this.program.sha });
        this.events.push({ type: 'started', wakeReason, program: this.program.sha, code: this.program.code });
    }

    #restart() {
        if (this.program) this.#start(Wake.SW_RESTART);
    }

    #unload() {
        this.#clearRestart();
        this.program = null;
        this.running = false;
    }

    #clearRestart() {
        clearTimeout(this.restartTimer);
    }

    #closed(link, frame) {
        link.close = frame;
        this.events.push(frame);
        link.socket.close();
    }

    #lost(link) {
        clearTimeout(link.timer);
        link.open = false;
        for (const { resolve } of link.waiting.splice(0)) resolve(false);
        if (this.#socket === link) this.#socket = null;
        this.events.push({ type: 'lost', close: link.close });
    }

    // --- What a test tells it to do

    /** Connects, and connects again whenever the connection is lost, until `stop`. Settles as the first attempt does. */
    start() {
        this.#stopped = false;
        return this.#attempt(1);
    }

    async #attempt(number) {
        const welcome = this.connect();
        const link = this.#socket;
        link.socket.once('close', () => {
            if (this.#stopped) return;
            const next = link.since && Date.now() - link.since >= STEADY_MS ? 1 : number;
            const retry = () => this.#attempt(next + 1).catch(() => {});
            this.timer = setTimeout(retry, waitBefore(next, link.close) / this.haste);
        });
        return welcome;
    }

    /** Says goodbye, if it is connected, and stays off-line. */
    async stop() {
        this.#stopped = true;
        clearTimeout(this.timer);
        this.#clearRestart();
        const link = this.#socket;
        if (!link) return;
        await this.#leave(link);
    }

    async #leave(link) {
        const gone = new Promise((resolve) => link.socket.once('close', resolve));
        this.#send(link, { type: 'close', reason: Close.NORMAL, wait: 0, text: '' });
        const timer = setTimeout(() => link.socket.terminate(), CLOSE_MS);
        // The server closes the transport; a socket that has none yet is ended here.
        if (!link.open) link.socket.terminate();
        await gone;
        clearTimeout(timer);
    }

    /** Reads nothing more, as if the network were slow, until `resume`. */
    pause() {
        this.#socket.socket.pause();
    }

    resume() {
        this.#socket.socket.resume();
    }

    /** Cuts the line without a word. */
    drop() {
        this.#socket?.socket.terminate();
    }

    /** Logs a line. Resolves at once, or with `ack` once it is acknowledged: `false` if the connection broke before. */
    log(line, { kind = Kind.LOG, ack = false } = {}) {
        const link = this.#socket;
        if (!link?.open) return Promise.resolve(false);
        const sequence = ++link.sent;
        const done = ack ? new Promise((resolve) => link.waiting.push({ sequence, resolve })) : Promise.resolve(true);
        this.#send(link, { type: 'log', sequence, ackWanted: ack, kind, line: Buffer.from(line) });
        return done;
    }

    /** Sends a message to its agent: `agent.send(name, value)`. */
    message(name, value) {
        const link = this.#socket;
        this.#say({ type: 'message', sequence: ++link.sent, ackWanted: false, name: Buffer.from(name), value });
    }

    error(text) {
        return this.log(`ERROR: ${text}`, { kind: Kind.ERROR });
    }

    /** The program calls `server.restart()`. */
    restarting() {
        this.#say({ type: 'restarting' });
        this.restartTimer = setTimeout(() => this.#restart(), RESTART_MS);
    }

    /** Goes to sleep, or off-line, as the program asks. */
    async sleep(kind, seconds) {
        this.#stopped = true;
        const link = this.#socket;
        this.#say({ type: 'sleep', kind, seconds });
        if (kind === Sleep.EXPECT_ONLINE) return;
        if (kind === Sleep.DEEP_SLEEP) {
            this.running = false;
            this.wakeReason = Wake.TIMER;
        }
        await this.#leave(link);
    }

    exitCode(code, text) {
        this.#say({ type: 'exitCode', code, text });
    }

    report(facts) {
        this.#say({ type: 'report', ...facts });
    }

    /** Resolves with the code of the server's answer. */
    async bless(passed, { request = 1, fixture } = {}) {
        this.#say({ type: 'bless', request, passed, fixture });
        return (await this.events.until((event) => event.type === 'answer' && event.request === request)).code;
    }

    async enrol(plan, token, { request = 2, fixture } = {}) {
        this.#say({ type: 'enrol', request, plan, token, fixture });
        return (await this.events.until((event) => event.type === 'answer' && event.request === request)).code;
    }

    /** The next event of a type, which the ones before it are dropped for. */
    next(type, options) {
        return this.events.until((event) => event.type === type, options);
    }
}

export function sha256(bytes) {
    return createHash('sha256').update(bytes).digest('hex');
}
