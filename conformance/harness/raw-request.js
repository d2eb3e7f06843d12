// One request as its bytes: what no client would send.
import net from 'node:net';

const PATIENCE_MS = 20_000;

/** Sends a request whose first lines these are, and resolves to status and body of the answer. */
export function rawRequest(port, lines, body = '') {
    const head = [...lines, 'Connection: close', ...(body && [`Content-Length: ${Buffer.byteLength(body)}`]), '', ''].join('\r\n');
    return new Promise((resolve, reject) => {
        let answer = '';
        const socket = net.connect(port, '127.0.0.1', () => socket.write(head + body));
        socket.setEncoding('latin1').setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer to ${lines[0]}`)));
        socket.on('data', (text) => (answer += text)).on('error', reject).on('close', () => {
            const [top, ...rest] = answer.split('\r\n\r\n');
            resolve({ status: Number(top.split(' ')[1]), body: rest.join('\r\n\r\n') });
        });
    });
}
