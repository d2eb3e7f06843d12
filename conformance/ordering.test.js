// Messages and timers keep their order, also while everybody is busy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent } from './harness/agent.js';
import { assertSameOrder } from './harness/compare.js';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { openAccount } from './harness/session.js';

const MESSAGES = 3000;
/** Few enough that the answers, two to each, may all wait for the device: 256 may. */
const ON_THE_WAY = 100;

const numbers = (count) => Array.from({ length: count }, (_, i) => i);

onEachDatabase('ordering', (server) => {
    test('messages in either direction, under load', async (t) => {
        const session = await openAccount(server);
        // Two others keep the threads busy meanwhile.
        await Agent.deployTo(server, session, 2, 'while (true) {}');
        const agent = await Agent.deploy(server, session, `
            local got = [];
            local sent = 0;
            device.on("number", function(number) {
                got.append(number);
                // Two for one, so that they do not go in step.
                device.send("own", sent++);
                device.send("echo", number);
            });
            http.onrequest(@(request, response) response.send(200, http.jsonencode(got, { compact = true })));`);
        await agent.answers('');
        const device = await onLine(t, server, agent.added);
        const arrived = { echo: [], own: [] };
        let next = 0;
        const sendMore = () => {
            while (next < MESSAGES && next - arrived.echo.length < ON_THE_WAY) device.message('number', next++);
        };
        sendMore();
        while (arrived.echo.length < MESSAGES) {
            const { name, value } = await device.next('message');
            arrived[name].push(value);
            sendMore();
        }
        const expected = numbers(MESSAGES);
        assertSameOrder(arrived.echo, expected, 'to the device');
        assertSameOrder(arrived.own, expected, 'to the device, of its own accord');
        assertSameOrder(JSON.parse((await agent.answers('/got')).text), expected, 'to the agent');
    });

    test('timers that are due at the same moment', async () => {
        const session = await openAccount(server, { username: 'other' });
        const agent = await Agent.deploy(server, session, `
            local fired = [];
            // Later ones are made first; those of a moment in the order in which they are to fire.
            foreach (moment in [3, 2, 1, 0]) {
                for (local i = 0; i < 500; i++) {
                    local number = moment * 500 + i;
                    imp.wakeup(moment * 0.5, @() fired.append(number));
                }
            }
            http.onrequest(@(request, response) fired.len() < 2000 ? response.send(202) : response.send(200, http.jsonencode(fired)));`);
        const { text } = await agent.answers('');
        assertSameOrder(JSON.parse(text), numbers(2000));
    });
});
