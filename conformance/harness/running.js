// A program that goes on by itself, read line by line.
import { Queue } from './queue.js';

export class Running {
    /** What it prints to standard output, line by line, without colours. */
    lines;
    /** All of that, as it came. */
    printed = '';
    /** Resolves to the exit code or the signal. */
    ended;
    #child;

    constructor(command, child) {
        this.lines = new Queue(`line of ${command}`);
        this.#child = child;
        let rest = '';
        child.stdout.setEncoding('utf8').on('data', (chunk) => {
            this.printed += chunk;
            const complete = (rest + chunk).split('\n');
            rest = complete.pop();
            for (const line of complete) this.lines.push(withoutDecoration(line));
        });
        child.stderr.resume();
        this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
    }

    /** The next line that has this text or matches this pattern. */
    line(expected, options) {
        return this.lines.until((line) => (expected instanceof RegExp ? expected.test(line) : line.includes(expected)), options);
    }

    type(text) {
        this.#child.stdin.write(text);
    }

    /** A pipe, unlike a terminal, keeps a program running that has stopped reading from it. */
    endInput() {
        this.#child.stdin.end();
    }

    signal(name) {
        this.#child.kill(name);
    }

    /** For `after` hooks: whatever became of it. */
    kill() {
        this.signal('SIGKILL');
    }
}

/** Removes colours, and the spinner that is drawn over and over on one line. */
export function withoutDecoration(output) {
    return output.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/[^\n]*\r/g, '');
}
