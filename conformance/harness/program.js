// Running a program to its end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';

const TIME_LIMIT_MS = 60_000;

/** Resolves to the exit code (or signal) and all output, whatever the outcome. */
export async function run(file, args, { cwd, env, input = '' } = {}) {
    const child = spawn(file, args, { cwd, env, timeout: TIME_LIMIT_MS });
    const result = { command: [file, ...args].join(' '), stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (chunk) => (result[name] += chunk));
    // A program that ends without reading its input is no error of ours.
    child.stdin.on('error', () => {}).end(input);
    const [code, signal] = await new Promise((resolve, reject) => {
        child.once('error', reject).once('close', (...outcome) => resolve(outcome));
    });
    result.code = signal ?? code;
    return result;
}

/** Fails, showing everything, unless the program ended with this code. */
export function expectCode(result, code) {
    assert.equal(result.code, code, describe(result));
}

export function describe({ command, code, stdout, stderr }) {
    return `${command}\nexit: ${code}\n${stdout}${stderr}`;
}
