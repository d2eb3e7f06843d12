// The vendor's command line tool, run through its own executable in a scratch home and working folder.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expectCode } from './program.js';
import { Running, withoutDecoration } from './running.js';

const IMPT = fileURLToPath(new URL('../node_modules/.bin/impt', import.meta.url));
const AUTH_FILE = '.impt.auth';
const TIME_LIMIT_MS = 60_000;

export class Impt {
    constructor(server) {
        this.endpoint = server.endpoint;
        const folder = server.scratch('impt');
        this.home = path.join(folder, 'home');
        this.cwd = path.join(folder, 'work');
        mkdirSync(this.home);
        mkdirSync(this.cwd);
    }

    /** The tool, signed in for all commands of this home folder. */
    static async signedIn(server, { username, password }) {
        const impt = new Impt(server);
        await impt.ok('auth', 'login', '-e', impt.endpoint, '-u', username, '-w', password, '-q');
        return impt;
    }

    file(name) {
        return path.join(this.cwd, name);
    }

    write(name, content) {
        mkdirSync(path.dirname(this.file(name)), { recursive: true });
        writeFileSync(this.file(name), content);
        return name;
    }

    read(name) {
        return readFileSync(this.file(name), 'utf8');
    }

    has(name) {
        return existsSync(this.file(name));
    }

    /** Empties the working folder: no project, no test configuration, no local login. */
    freshFolder() {
        rmSync(this.cwd, { recursive: true });
        mkdirSync(this.cwd);
    }

    /** What `auth login` stored, an object by account id. */
    authFile({ local = false } = {}) {
        return JSON.parse(readFileSync(this.#authPath(local), 'utf8'));
    }

    /** Changes the stored login of the only account in the file. */
    editAuth(change, { local = false } = {}) {
        const content = this.authFile({ local });
        const [account] = Object.values(content);
        change(account);
        writeFileSync(this.#authPath(local), JSON.stringify(content));
    }

    #authPath(local) {
        return path.join(local ? this.cwd : this.home, AUTH_FILE);
    }

    #spawn(args, env = {}) {
        return spawn(IMPT, args, {
            cwd: this.cwd,
            env: { PATH: process.env.PATH, HOME: this.home, LANG: 'C.UTF-8', TZ: 'UTC', ...env },
            timeout: TIME_LIMIT_MS,
        });
    }

    /** Starts a command that goes on by itself, and leaves it running. */
    start(...args) {
        return new RunningImpt(`impt ${args.join(' ')}`, this.#spawn(args));
    }

    /** Runs one command to its end, whatever the outcome. With `interruptAt`, Ctrl-C is pressed once that text is printed. */
    async run(args, { env = {}, interruptAt = null } = {}) {
        const child = this.#spawn(args, env);
        const result = { command: `impt ${args.join(' ')}`, stdout: '', stderr: '' };
        let interrupted = interruptAt === null;
        if (interrupted) child.stdin.end();
        child.stdout.setEncoding('utf8').on('data', (chunk) => {
            result.stdout += chunk;
            if (!interrupted && result.stdout.includes(interruptAt)) interrupted = child.kill('SIGINT');
        });
        child.stderr.setEncoding('utf8').on('data', (chunk) => (result.stderr += chunk));
        const [code, signal] = await new Promise((resolve, reject) => {
            child.once('error', reject).once('close', (...outcome) => resolve(outcome));
        });
        result.code = signal ?? code;
        result.text = withoutDecoration(result.stdout);
        return result;
    }

    /** Runs a command that must succeed and say so; returns what it printed. */
    async ok(...args) {
        const result = await this.run(args);
        expectQuiet(result, 0);
        assert.match(result.text, /IMPT COMMAND SUCCEEDS\s*$/, describe(result));
        return result.text;
    }

    /** Runs a command that must succeed in JSON mode; returns the parsed output. */
    async json(...args) {
        const result = await this.run([...args, '-z', 'json']);
        expectQuiet(result, 0);
        return parse(result);
    }

    /** Runs a command that must fail, in plain mode; `expected` must be in what it printed. */
    async fails(expected, ...args) {
        const result = await this.run(args);
        expectQuiet(result, 1);
        assert.match(result.text, /IMPT COMMAND FAILS\s*$/, describe(result));
        expectText(result, expected);
        return result.text;
    }

    /** Runs a command that must fail, in JSON mode; returns the text of its `Error` member. */
    async jsonError(...args) {
        const result = await this.run([...args, '-z', 'json']);
        expectQuiet(result, 1);
        return parse(result).Error;
    }
}

/** A command that has not ended yet. */
class RunningImpt extends Running {
    /** Presses Ctrl-C, and expects the command to succeed. */
    async interrupt() {
        this.signal('SIGINT');
        await this.succeeds();
    }

    /** Waits for its end. */
    async succeeds() {
        assert.equal(await this.ended, 0, this.printed);
        assert.match(withoutDecoration(this.printed), /IMPT COMMAND SUCCEEDS/);
    }
}

/** impt prints its errors to standard output, too. */
function expectQuiet(result, code) {
    expectCode(result, code);
    assert.equal(result.stderr, '', describe(result));
}

function expectText(result, expected) {
    if (expected instanceof RegExp) assert.match(result.text, expected, describe(result));
    else assert.ok(result.text.includes(expected), `"${expected}" is missing in\n${describe(result)}`);
}

function parse(result) {
    try {
        return JSON.parse(result.stdout);
    } catch {
        return assert.fail(`not JSON:\n${describe(result)}`);
    }
}
