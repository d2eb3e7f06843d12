// A stream of events as its bytes, read over a plain socket: what a strict reader sees.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Queue } from './queue.js';

export class RawStream {
    /** The lines of the answer's head. */
    head = null;
    /** The body, as it came. */
    body = '';
    /** The body's lines, without their line feeds. */
    lines = new Queue('line of the stream');
    #socket;
    #bytes = Buffer.alloc(0);
    #rest = '';
    #wake = () => {};
    #closed;
    #end;
    #ended;

    /** Sends the request, whose lines these are, and resolves with the answer's head. */
    static async open(t, server, requestLines) {
        const stream = new RawStream();
        stream.#socket = net.connect(server.port, '127.0.0.1');
        t.after(() => stream.#socket.destroy());
        stream.#closed = new Promise((resolve) => stream.#socket.once('close', resolve));
        stream.#ended = new Promise((resolve) => (stream.#end = resolve));
        const head = new Promise((resolve, reject) => {
            stream.#wake = resolve;
            stream.#socket.once('error', reject);
            stream.#closed.then(() => reject(new Error('closed without an answer')));
        });
        stream.#socket.on('data', (chunk) => stream.#take(chunk));
        stream.#socket.write([...requestLines, `Host: 127.0.0.1:${server.port}`, '', ''].join('\r\n'));
        await head;
        return stream;
    }

    get status() {
        return Number(this.head[0].split(' ')[1]);
    }

    header(name) {
        const line = this.head.find((text) => text.toLowerCase().startsWith(`${name}: `));
        return line?.slice(name.length + 2);
    }

    /** Drops the connection, as clients leave a stream. */
    async drop() {
        this.#socket.destroy();
        await this.#closed;
    }

    /** Waits for the end of the body; the connection may stay. */
    ended() {
        return this.#ended;
    }

    #take(chunk) {
        this.#bytes = Buffer.concat([this.#bytes, chunk]);
        if (!this.head) {
            const end = this.#bytes.indexOf('\r\n\r\n');
            if (end < 0) return;
            this.head = this.#bytes.subarray(0, end).toString().split('\r\n');
            this.#bytes = this.#bytes.subarray(end + 4);
            this.#wake();
        }
        if (this.header('transfer-encoding') !== 'chunked') {
            this.#read(this.#bytes);
            this.#bytes = Buffer.alloc(0);
            return;
        }
        for (;;) {
            const end = this.#bytes.indexOf('\r\n');
            if (end < 0) return;
            const size = parseInt(this.#bytes.subarray(0, end).toString(), 16);
            assert.ok(size >= 0);
            if (this.#bytes.length < end + 4 + size) return;
            this.#read(this.#bytes.subarray(end + 2, end + 2 + size));
            this.#bytes = this.#bytes.subarray(end + 4 + size);
            if (size === 0) this.#end();
        }
    }

    #read(bytes) {
        this.body += bytes.toString('latin1');
        const lines = (this.#rest + bytes.toString('latin1')).split('\n');
        this.#rest = lines.pop();
        for (const line of lines) this.lines.push(Buffer.from(line, 'latin1').toString());
    }
}
