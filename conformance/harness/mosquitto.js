// Debian's MQTT broker and its clients, for the time of a test.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './server.js';
import { until } from './until.js';

const BROKER = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find((file) => existsSync(file)) ?? 'mosquitto';
const run = promisify(execFile);

export const USER = { username: 'ann', password: 'secret words' };

/** A certificate authority of our own, and a certificate for 127.0.0.1 and no name. `remove` it at the end. */
export function certify() {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'impstead-ca-'));
    const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    openssl('req', '-x509', ...made, '-subj', '/CN=Test authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    openssl('req', ...made, '-subj', '/CN=Broker', '-keyout', 'broker.key', '-out', 'broker.csr');
    writeFileSync(path.join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n');
    openssl('x509', '-req', '-in', 'broker.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2', '-extfile', 'extensions', '-out', 'broker.pem');
    return { folder, authority: path.join(folder, 'ca.pem'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export class Mosquitto {
    /** What it has said, line by line. */
    log = '';
    #child = null;

    /** Starts one; with `certificates` it speaks TLS, and with `guarded` it lets in [`USER`] alone. */
    static async open(t, { certificates = null, guarded = false } = {}) {
        const broker = new Mosquitto();
        broker.folder = mkdtempSync(path.join(os.tmpdir(), 'impstead-mosquitto-'));
        broker.certificates = certificates;
        broker.guarded = guarded;
        broker.port = await freePort();
        broker.url = `${certificates ? 'ssl' : 'tcp'}://127.0.0.1:${broker.port}`;
        const file = (name) => path.join(broker.folder, name);
        const lines = [`listener ${broker.port} 127.0.0.1`, `allow_anonymous ${!guarded}`, 'log_type all', 'log_dest stderr'];
        // It runs as whoever runs the tests, who can read these files.
        lines.push(`user ${os.userInfo().username}`);
        if (guarded) {
            writeFileSync(file('users'), '', { mode: 0o600 });
            execFileSync('mosquitto_passwd', ['-b', file('users'), USER.username, USER.password], { stdio: 'ignore' });
            lines.push(`password_file ${file('users')}`);
        }
        if (certificates) lines.push(`certfile ${certificates.folder}/broker.pem`, `keyfile ${certificates.folder}/broker.key`);
        writeFileSync(file('mosquitto.conf'), lines.join('\n') + '\n');
        t.after(async () => {
            await broker.stop();
            rmSync(broker.folder, { recursive: true, force: true });
        });
        await broker.start();
        return broker;
    }

    async start() {
        this.#child = spawn(BROKER, ['-c', path.join(this.folder, 'mosquitto.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
        const child = this.#child;
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.log += text));
        this.exited = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
        await until('a broker', () => {
            assert.equal(child.exitCode, null, this.log);
            return listens(this.port);
        });
    }

    async stop() {
        this.#child?.kill('SIGKILL');
        await this.exited;
        this.#child = null;
    }

    get #access() {
        const access = ['-h', '127.0.0.1', '-p', String(this.port)];
        if (this.guarded) access.push('-u', USER.username, '-P', USER.password);
        if (this.certificates) access.push('--cafile', this.certificates.authority);
        return access;
    }

    /** Publishes a message, and waits until the broker has it. */
    async publish(topic, message, qos, ...options) {
        await run('mosquitto_pub', [...this.#access, '-t', topic, '-m', message, '-q', String(qos), ...options]);
    }

    /** Subscribes to a topic: `ready` once the broker knows, and then `message` with the next one. */
    subscribed(topic) {
        const child = spawn('mosquitto_sub', [...this.#access, '-t', topic, '-q', '1', '-C', '1', '-W', '20', '-i', 'reader'], {
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        return {
            ready: until('a subscription', () => this.log.includes('Sending SUBACK to reader')),
            message: new Promise((resolve, reject) => child.once('close', () => resolve(text.trim())).once('error', reject)),
        };
    }

    /** The next message on a topic, which may be a retained one, as hexadecimal digits. */
    async next(topic) {
        const { stdout } = await run('mosquitto_sub', [...this.#access, '-t', topic, '-q', '2', '-C', '1', '-W', '20', '-F', '%x']);
        return stdout.trim().toLowerCase();
    }
}

function listens(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
        socket.on('connect', () => socket.destroy());
    });
}
