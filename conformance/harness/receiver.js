// Receives what webhooks are sent, on a loopback address that the server must be allowed to reach.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import http from 'node:http';
import { Queue } from './queue.js';

/** Settings of a server that may reach a receiver. */
export const ALLOW_LOOPBACK = { IMPSTEAD_OUTBOUND_ALLOW: '127.0.0.0/8' };

export class Receiver {
    events = new Queue('event of a webhook');
    /** What it answers with. */
    status = 204;
    #http;

    static async open() {
        const receiver = new Receiver();
        receiver.#http = http.createServer(async (request, response) => {
            const chunks = [];
            for await (const chunk of request) chunks.push(chunk);
            response.writeHead(receiver.status).end();
            receiver.events.push({ method: request.method, path: request.url, headers: request.headers, text: Buffer.concat(chunks).toString(), status: receiver.status });
        });
        await new Promise((resolve) => receiver.#http.listen(0, '127.0.0.1', resolve));
        receiver.url = `http://127.0.0.1:${receiver.#http.address().port}`;
        return receiver;
    }

    close() {
        this.#http.closeAllConnections();
        return new Promise((resolve) => this.#http.close(resolve));
    }
}

/** What an event says, whatever its content type. */
export function payload({ headers, text }) {
    if (headers['content-type'] === 'application/json') return JSON.parse(text);
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
    return Object.fromEntries(new URLSearchParams(text));
}

/** Fails unless the event was signed with the secret a moment ago. */
export function assertSigned({ headers, text }, secret) {
    const [, seconds, mac] = headers['impstead-signature']?.match(/^t=(\d+),v1=([0-9a-f]{64})$/) ?? assert.fail(JSON.stringify(headers));
    assert.ok(Math.abs(Date.now() / 1000 - Number(seconds)) < 60);
    assert.equal(mac, createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex'));
}
