// One `impstead serve` on a scratch data folder, and the commands of the same binary that feed it.
import './clean-environment.js';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { BINARY } from './binary.js';
import { expectCode, run } from './program.js';

/** For debugging: what the server prints, while it runs. */
const SHOW_OUTPUT = Boolean(process.env.CONFORMANCE_SHOW_SERVER);
const START_MS = 30_000;
const STOP_MS = 20_000;
const OUTPUT_KEPT_BYTES = 64 * 1024;

/** High enough that neither seeding nor the tests ever wait. */
const NO_RATE_LIMIT = { bucket: 1_000_000, refillPerSecond: 1_000_000 };

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Server {
    #database;
    #rateLimit;
    #accessTokenLife;
    #demo;
    #settings;
    #store;
    #child;
    #exited;
    #output = '';
    #printed = '';

    /** `accessTokenLife` is in seconds; `settings` are further ones, as environment variables. */
    constructor(database, { rateLimit = NO_RATE_LIMIT, accessTokenLife = 3600, demo = false, settings = {} } = {}) {
        this.#database = database;
        this.#rateLimit = rateLimit;
        this.#accessTokenLife = accessTokenLife;
        this.#demo = demo;
        this.#settings = settings;
    }

    /** The base URL that the clients are told, for example `http://127.0.0.1:23456/v5`. */
    get endpoint() {
        return `${this.url}/v5`;
    }

    get isRunning() {
        return running.has(this.#child);
    }

    /** What it printed to standard output since it was last started. */
    get printed() {
        return this.#printed;
    }

    /** A folder for the files of one test; removed with the server. */
    scratch(name) {
        return mkdtempSync(path.join(this.folder, `${name}-`));
    }

    async start() {
        this.folder = mkdtempSync(path.join(os.tmpdir(), 'impstead-conformance-'));
        this.data = path.join(this.folder, 'impstead-data');
        this.#store = this.#database.create();
        try {
            this.port = await freePort();
            this.agentPort = await freePort();
            await this.#launch();
        } catch (error) {
            this.#cleanUp();
            throw error;
        }
    }

    async #launch() {
        const address = `127.0.0.1:${this.port}`;
        this.url = `http://${address}`;
        this.#printed = '';
        this.#output = '';
        this.#child = spawn(
            BINARY,
            [
                ...['serve', '--listen', address, '--data', this.data, '--database', this.#store.url, '--public-url', this.url],
                ...['--agent-listen', `127.0.0.1:${this.agentPort}`, '--agent-url', `http://127.0.0.1:${this.agentPort}`],
                ...(this.#demo ? ['--demo'] : []),
            ],
            {
                cwd: this.folder,
                stdio: ['ignore', 'pipe', 'pipe'],
                env: {
                    ...process.env,
                    ...this.#settings,
                    IMPSTEAD_ACCESS_TOKEN_LIFE_S: String(this.#accessTokenLife),
                    IMPSTEAD_RATE_LIMIT_BUCKET: String(this.#rateLimit.bucket),
                    IMPSTEAD_RATE_LIMIT_REFILL_PER_S: String(this.#rateLimit.refillPerSecond),
                },
            },
        );
        running.add(this.#child);
        this.#exited = new Promise((resolve) => {
            this.#child.once('error', (error) => resolve(`does not start: ${error.message}`));
            this.#child.once('exit', (code, signal) => resolve(signal ?? code));
        });
        this.#exited.then(() => running.delete(this.#child));
        await this.#listening();
    }

    async #listening() {
        const ready = new Promise((resolve) => {
            const collect = (chunk) => {
                this.#output = (this.#output + chunk).slice(-OUTPUT_KEPT_BYTES);
                if (SHOW_OUTPUT) process.stderr.write(chunk);
                if (this.#output.includes('listening on http://')) resolve('ready');
            };
            this.#child.stdout.setEncoding('utf8').on('data', collect).on('data', (chunk) => (this.#printed += chunk));
            this.#child.stderr.setEncoding('utf8').on('data', collect);
        });
        const outcome = await Promise.race([ready, this.#exited, after(START_MS, 'no line "listening on http://…"')]);
        if (outcome !== 'ready') {
            this.#child.kill('SIGKILL');
            assert.fail(`${BINARY} serve: ${outcome}\n${this.#output}`);
        }
    }

    /** Ends the server as an init system would, and expects a clean exit. */
    async stop() {
        const outcome = await this.#halt();
        this.#cleanUp();
        this.#expectCleanExit(outcome);
    }

    /** Ends it likewise, and starts it again on the same data and the same port. */
    async restart() {
        this.#expectCleanExit(await this.#halt());
        await this.#launch();
    }

    /** Gives it no time for anything, and starts it again likewise. */
    async killAndRestart() {
        this.#child.kill('SIGKILL');
        await this.#exited;
        await this.#launch();
    }

    async #halt() {
        this.#child.kill('SIGTERM');
        const outcome = await Promise.race([this.#exited, after(STOP_MS, 'still running')]);
        this.#child.kill('SIGKILL');
        await this.#exited;
        return outcome;
    }

    #expectCleanExit(outcome) {
        assert.equal(outcome, 0, `exit code after SIGTERM; the end of its output:\n${this.#output}`);
    }

    #cleanUp() {
        this.#store.drop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** Makes an account while the server runs. `production: false` leaves out the right to production device groups. */
    async createAccount({ username, email = `${username}@example.net`, password, production = true }) {
        const options = ['--username', username, '--email', email, '--password-stdin', ...(production ? [] : ['--no-production'])];
        await this.#command(['account', 'create', ...options], password);
        return { username, email, password };
    }

    /** Adds virtual devices to an account, and returns their ids and MAC addresses. */
    async addDevices(owner, count) {
        const output = await this.#command(['device', 'add', '--owner', owner, '--count', String(count)], '');
        const devices = output.trim().split('\n').map((line) => JSON.parse(line));
        assert.equal(devices.length, count);
        return devices;
    }

    /** Does what a phone does with BlinkUp: hands a device the plan that it joins. */
    async enrol(device, ...options) {
        return this.#command(['device', 'enrol', device.id, ...options], '');
    }

    /** Adds a library that programs may require. */
    async addLibrary(name, source) {
        return this.#command(['library', 'add', name, '-'], source);
    }

    async #command(args, input) {
        const result = await run(BINARY, [...args, '--data', this.data], { cwd: this.folder, env: process.env, input });
        expectCode(result, 0);
        return result.stdout;
    }
}

/** Port 0 is of no use here: the public URL has to be known before the server starts. */
export function freePort() {
    return new Promise((resolve, reject) => {
        const probe = net.createServer().once('error', reject);
        probe.listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

function after(ms, value) {
    return new Promise((resolve) => setTimeout(resolve, ms, value).unref());
}
