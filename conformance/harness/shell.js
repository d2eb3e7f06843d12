// A shell like a user's, with impstead and impt on its path and a scratch home folder.
import './clean-environment.js';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BINARY, EXAMPLES } from './binary.js';

const CLIENTS = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const END = '\x1e';
const TIME_LIMIT_MS = 60_000;

export class Shell {
    #child;
    #exited;
    #output = '';
    #wake = () => {};

    /** Opens one for the time of an action. */
    static async open(server, cwd, action) {
        const shell = new Shell(server, cwd);
        try {
            await action(shell);
        } finally {
            shell.#child.kill('SIGKILL');
        }
    }

    constructor(server, cwd) {
        const folder = server.scratch('shell');
        const [home, bin] = ['home', 'bin'].map((name) => path.join(folder, name));
        mkdirSync(home);
        mkdirSync(bin);
        symlinkSync(BINARY, path.join(bin, 'impstead'));
        const env = { PATH: [bin, CLIENTS, process.env.PATH].join(path.delimiter), HOME: home, LANG: 'C.UTF-8', TZ: 'UTC' };
        this.#child = spawn('bash', ['--norc', '--noprofile'], { cwd, env });
        this.#exited = new Promise((resolve, reject) => this.#child.once('error', reject).once('close', resolve));
        for (const stream of [this.#child.stdout, this.#child.stderr]) {
            stream.setEncoding('utf8').on('data', (chunk) => {
                this.#output += chunk;
                this.#wake();
            });
        }
    }

    /** The path of a built example program. */
    example(name) {
        return path.join(EXAMPLES, name);
    }

    /** Runs a command in this shell, so that it sees the variables of the ones before it. */
    async run(command) {
        this.#output = '';
        // Standard error goes where standard output goes, so that the mark comes after both.
        this.#child.stdin.write(`{ ${command}\n} 2>&1 </dev/null; printf '${END}%d${END}' $?\n`);
        const killer = setTimeout(() => this.#child.kill('SIGKILL'), TIME_LIMIT_MS);
        const exited = this.#exited.then(() => 'exited');
        let ending = null;
        while (!(ending = this.#output.match(/\x1e(\d+)\x1e$/))) {
            const outcome = await Promise.race([exited, new Promise((resolve) => (this.#wake = resolve))]);
            if (outcome === 'exited') assert.fail(`the shell ended at: ${command}\n${this.#output}`);
        }
        clearTimeout(killer);
        const output = this.#output.slice(0, ending.index).replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/[^\n]*\r/g, '');
        return { code: Number(ending[1]), output };
    }
}
