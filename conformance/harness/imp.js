// Virtual imps: processes of their own, for the time of a test.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { BINARY } from './binary.js';
import { Running } from './running.js';
import { until } from './until.js';

const TIME_LIMIT_MS = 120_000;

/** Powers the imps of these devices, as `addDevices` returned them; what they keep is in `folder`. */
export function powerImps(t, server, devices, { folder = server.scratch('imps'), args = [] } = {}) {
    const ids = path.join(folder, 'imps.jsonl');
    writeFileSync(ids, devices.map((added) => `${JSON.stringify(added)}\n`).join(''), { mode: 0o600 });
    const command = ['imp', '--server', server.url, '--ids', ids, '--state', path.join(folder, 'state'), ...args];
    const child = spawn(BINARY, command, { env: { PATH: process.env.PATH, LANG: 'C.UTF-8', TZ: 'UTC' }, timeout: TIME_LIMIT_MS });
    const imps = new Running('impstead imp', child);
    t.after(() => imps.kill());
    return imps;
}

/** The history of a device without its agent's lines, oldest first, as `type: message`. */
export async function deviceLog(api, { id }) {
    const entries = await api.list(`/devices/${id}/logs?page[size]=100`);
    const lines = entries.reverse().filter(({ type, msg }) => !type.startsWith('agent.') && !msg.startsWith('Agent restarted'));
    return lines.map(({ type, msg }) => `${type}: ${msg}`);
}

/** Waits until that history ends with these lines. */
export async function untilLogged(api, added, ...expected) {
    let log;
    const ends = async () => {
        log = await deviceLog(api, added);
        return JSON.stringify(log.slice(-expected.length)) === JSON.stringify(expected);
    };
    await until(`the lines ${JSON.stringify(expected)}`, ends).catch((error) => {
        throw Object.assign(error, { message: `${error.message}; the log: ${JSON.stringify(log, null, 1)}` });
    });
}
