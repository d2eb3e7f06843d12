// The server is killed over and over while agents count and save: what they saved is there afterwards, and nothing comes twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, STARTED } from './harness/agent.js';
import { assertSameOrder } from './harness/compare.js';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { openAccount } from './harness/session.js';
import { until } from './harness/until.js';

const KILLS = Number(process.env.CONFORMANCE_KILLS ?? 5);
const AGENTS = 3;
const ALIVE_MS = 700;
/** Requests to an agent, which takes 20 a second. */
const EACH_MS = 60;
/** Messages that a device has under way. */
const ON_THE_WAY = 20;

/** Counts requests and messages, and answers each once the count is saved. */
const COUNTER = `
local kept = server.load();
if (!("requests" in kept)) kept = { requests = 0, messages = 0, last = 0 };
server.log("begins with " + http.jsonencode(kept, { compact = true }));
http.onrequest(function(request, response) {
    kept.requests++;
    server.save(kept);
    response.send(200, http.jsonencode(kept));
});
device.on("number", function(number) {
    if (number <= kept.last) server.error(number + " came after " + kept.last);
    kept.last = number;
    kept.messages++;
    server.save(kept);
    device.send("saved", kept.messages);
    device.send("last", number);
});
`;

onEachDatabase('agents killed under load', (server) => {
    test(`${KILLS} times`, async (t) => {
        const session = await openAccount(server);
        const agents = await Agent.deployTo(server, session, AGENTS, COUNTER);
        await Promise.all(agents.map((agent) => agent.answers('')));
        const devices = await Promise.all(agents.map(({ added }) => onLine(t, server, added)));

        let over = false;
        const asking = agents.map((agent) => askWithoutEnd(agent, () => over));
        const sending = devices.map((device) => sendWithoutEnd(device, () => over));
        for (let i = 0; i < KILLS; i++) {
            await pause(ALIVE_MS);
            await server.killAndRestart();
            await Promise.all(agents.map((agent) => until('an agent', () => agent.isRunning())));
        }
        await pause(ALIVE_MS);
        over = true;

        const answers = await Promise.all(asking);
        const acknowledged = await Promise.all(sending);
        for (const [i, agent] of agents.entries()) {
            const counted = answers[i].map(({ requests }) => requests);
            assert.ok(counted.length > KILLS, 'requests were answered between the kills');
            assertSameOrder(counted, [...new Set(counted)].sort((a, b) => a - b), 'no count goes back or comes twice');

            const { saved, last } = acknowledged[i];
            assert.ok(last.length > KILLS, 'messages were saved between the kills');
            assertSameOrder(last, [...new Set(last)].sort((a, b) => a - b), 'no message comes twice, and all in order');
            assertSameOrder(saved, [...new Set(saved)].sort((a, b) => a - b), 'nor does their count go back');

            const state = JSON.parse((await agent.answers('')).text);
            assert.ok(state.requests > counted.at(-1), 'what was answered is counted');
            assert.ok(state.last >= last.at(-1) && state.messages >= saved.at(-1), 'what was acknowledged is kept');
            assert.ok(state.messages <= state.last, 'no message was counted twice');

            const log = await agent.log();
            assert.deepEqual(log.filter((line) => line.startsWith('agent.error')), []);
            assert.ok(log.filter((line) => line === STARTED).length >= KILLS, log);
        }
    });
}, { sideBySide: true });

/** Asks an agent again and again, and returns what it answered. Only a server that is gone answers nothing. */
async function askWithoutEnd(agent, isOver) {
    const answers = [];
    while (!isOver()) {
        try {
            const answer = await agent.fetch();
            const text = await answer.text();
            // Before the agent runs there is none.
            if (answer.status !== 404) {
                assert.equal(answer.status, 200, text);
                answers.push(JSON.parse(text));
            }
        } catch (error) {
            assert.ok(error instanceof TypeError, error);
        }
        await pause(EACH_MS);
    }
    return answers;
}

/** Sends numbers to the agent while the device is on the line, and returns what the agent said that it saved. */
async function sendWithoutEnd(device, isOver) {
    const said = { saved: [], last: [] };
    let next = 1;
    let underWay = 0;
    while (!isOver()) {
        if (device.connected && underWay < ON_THE_WAY) {
            device.message('number', next++);
            underWay++;
        }
        await pause(2);
        while (device.events.length > 0) {
            const event = await device.events.next();
            if (event.type === 'lost') underWay = 0;
            if (event.type !== 'message') continue;
            said[event.name].push(event.value);
            if (event.name.toString() === 'last') underWay--;
        }
    }
    return said;
}
