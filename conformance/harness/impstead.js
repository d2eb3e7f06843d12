// Our own clients, run as a user runs them: the commands of the binary, and the example programs of the Rust library.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BINARY, EXAMPLES } from './binary.js';
import { describe, expectCode, run } from './program.js';
import { Running } from './running.js';

const TIME_LIMIT_MS = 60_000;

/** The commands, with profiles in a scratch home folder. */
export class Impstead {
    constructor(server) {
        this.endpoint = server.endpoint;
        const folder = server.scratch('impstead');
        this.home = path.join(folder, 'home');
        this.cwd = path.join(folder, 'work');
        mkdirSync(this.home);
        mkdirSync(this.cwd);
    }

    static async signedIn(server, { username, password }) {
        const impstead = new Impstead(server);
        await impstead.ok(['login', '--endpoint', impstead.endpoint, '--user', username, '--password-stdin'], { input: password });
        return impstead;
    }

    write(name, content) {
        writeFileSync(path.join(this.cwd, name), content);
        return name;
    }

    get #tokenFile() {
        return path.join(this.home, '.config/impstead/profiles/default/tokens.json');
    }

    /** The stored sign-in; `null` where there is none. */
    tokens() {
        return existsSync(this.#tokenFile) ? JSON.parse(readFileSync(this.#tokenFile, 'utf8')) : null;
    }

    /** Changes the stored access token. */
    editAccess(members) {
        const tokens = this.tokens();
        Object.assign(tokens.access, members);
        writeFileSync(this.#tokenFile, JSON.stringify(tokens));
    }

    get #env() {
        return { PATH: process.env.PATH, HOME: this.home, LANG: 'C.UTF-8', TZ: 'UTC' };
    }

    /** Runs one command to its end, whatever the outcome. */
    run(args, { input } = {}) {
        return run(BINARY, args, { cwd: this.cwd, env: this.#env, input });
    }

    /** Starts a command that goes on by itself, and leaves it running. */
    start(...args) {
        return new Running(`impstead ${args.join(' ')}`, spawn(BINARY, args, { cwd: this.cwd, env: this.#env, timeout: TIME_LIMIT_MS }));
    }

    /** Runs a command that must succeed; returns what it printed to standard output. */
    async ok(args, options) {
        const result = await this.run(args, options);
        expectCode(result, 0);
        return result.stdout;
    }

    /** Runs a command that must succeed and say nothing but JSON; returns that. */
    async json(...args) {
        const result = await this.run([...args, '--json']);
        expectCode(result, 0);
        assert.equal(result.stderr, '', describe(result));
        return JSON.parse(result.stdout);
    }

    /** The rows of a table, by its headings. Works while every character before the last column is one cell wide. */
    async table(...args) {
        const [head, ...rows] = (await this.ok(args)).trimEnd().split('\n');
        const headings = [...head.matchAll(/\S+/g)].map(({ 0: name, index }) => ({ name, index }));
        return rows.map((row) =>
            Object.fromEntries(headings.map(({ name, index }, i) => [name, row.slice(index, headings[i + 1]?.index).trim()])),
        );
    }

    /** Runs a command that must fail with this exit code, print nothing to standard output, and say this. */
    async fails(code, expected, args, options) {
        const result = await this.run(args, options);
        expectCode(result, code);
        assert.equal(result.stdout, '', describe(result));
        if (expected instanceof RegExp) assert.match(result.stderr, expected, describe(result));
        else assert.equal(result.stderr, expected, describe(result));
    }
}

/** Runs an example program of `crates/client`, whatever the outcome. */
export async function runExample(name, args, { input } = {}) {
    return run(example(name), args, { env: { PATH: process.env.PATH }, input });
}

/** The same for one that must succeed and complain about nothing; returns the lines that it printed. */
export async function exampleLines(name, args, options) {
    const result = await runExample(name, args, options);
    expectCode(result, 0);
    assert.equal(result.stderr, '', describe(result));
    return result.stdout.split('\n').slice(0, -1);
}

/** Starts one that goes on by itself, and leaves it running. */
export function startExample(name, args) {
    return new Running(name, spawn(example(name), args, { env: { PATH: process.env.PATH }, timeout: TIME_LIMIT_MS }));
}

function example(name) {
    const file = path.join(EXAMPLES, name);
    assert.ok(existsSync(file), `${file} is missing: cargo build --package impstead-client --examples`);
    return file;
}
