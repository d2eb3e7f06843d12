// How long a well-behaved agent's users wait, in quiet times and beside an attacker.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** An agent takes 20 requests a second: those asked in turn, each less often. */
const EACH_MS = 60;

/** Counts what it is asked, so that no answer can be mistaken for another one. */
export const NEIGHBOUR = `
local count = 0;
http.onrequest(@(request, response) response.send(200, (++count).tostring()));
`;

/** Asks agents that count, in turn, and expects every answer to be right. Returns how long each took, in milliseconds. */
export async function waits(agents, samples) {
    const counts = await Promise.all(agents.map(async (agent) => Number((await agent.answers('')).text)));
    const taken = [];
    for (let i = 0; i < samples; i++) {
        const which = i % agents.length;
        await pause(EACH_MS / agents.length);
        const began = performance.now();
        const answer = await agents[which].fetch();
        const text = await answer.text();
        taken.push(performance.now() - began);
        assert.deepEqual([answer.status, text], [200, String(++counts[which])]);
    }
    return taken.sort((a, b) => a - b);
}

export const p50 = (sorted) => sorted[Math.floor(sorted.length / 2)];
export const p99 = (sorted) => sorted[Math.min(Math.floor(sorted.length * 0.99), sorted.length - 1)];
