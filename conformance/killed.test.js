// The server is killed over and over while devices log and webhooks fire. What was acknowledged is there afterwards.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { assertSameOrder } from './harness/compare.js';
import { onEachDatabase } from './harness/each-database.js';
import { onLine } from './harness/line.js';
import { ALLOW_LOOPBACK, payload, Receiver } from './harness/receiver.js';
import { openAccount } from './harness/session.js';

const KILLS = Number(process.env.CONFORMANCE_KILLS ?? 5);
const DEVICES = 3;
const ALIVE_MS = 700;
const AT_ONCE = 5;
/** Few enough that the history keeps them all. */
const MOST_LINES = 900;
/** Longer than what a killed server had claimed is left alone. */
const ARRIVAL_MS = 150_000;

onEachDatabase('killed under load', (server) => {
    let account, api;
    before(async () => ({ account, api } = await openAccount(server)));

    test(`${KILLS} times`, async (t) => {
        const group = await api.deviceGroup(await api.product('Killed'), 'killed');
        const receivers = await Promise.all([1, 2].map(() => Receiver.open()));
        t.after(() => Promise.all(receivers.map((receiver) => receiver.close())));
        for (const { url } of receivers) await api.webhook(group, { url });
        const added = await server.addDevices(account.username, DEVICES);
        await api.assign(group, added);
        const devices = await Promise.all(added.map((one) => onLine(t, server, one)));

        let over = false;
        const logging = devices.map((device) => logWithoutEnd(device, () => over));
        const deploying = deployWithoutEnd(api, group, () => over);
        for (let i = 0; i < KILLS; i++) {
            await pause(ALIVE_MS);
            await server.killAndRestart();
            await Promise.all(devices.map((device) => device.events.until(({ type }) => type === 'open', { within: 30_000 })));
        }
        await pause(ALIVE_MS);
        over = true;

        for (const [i, lines] of (await Promise.all(logging)).entries()) {
            assert.ok(lines.acknowledged.length > KILLS, 'lines were acknowledged between the kills');
            const history = await historyOf(api, added[i], lines.acknowledged.at(-1));
            const kept = new Set(history);
            assert.equal(kept.size, history.length, 'no line twice');
            assertSameOrder(history, [...history].sort((a, b) => a - b), 'in order');
            assertSameOrder(history.filter((n) => lines.isAcknowledged.has(n)), lines.acknowledged, 'every acknowledged line');
        }

        const answered = await deploying;
        assert.ok(answered.length > KILLS, 'deployments were made between the kills');
        const made = (await api.list(`/deployments?filter[devicegroup.id]=${group.id}&page[size]=100`)).reverse().map(({ id }) => id);
        for (const id of answered) assert.ok(made.includes(id), `the deployment ${id} was answered, and is gone`);
        await Promise.all(receivers.map(async ({ events }) => {
            const arrived = new Set();
            for (const deadline = Date.now() + ARRIVAL_MS; arrived.size < made.length; ) {
                arrived.add(payload(await events.next({ within: Math.max(deadline - Date.now(), 1) })).deployment_id);
            }
            // A set keeps the order of first arrivals; what came twice came again.
            assertSameOrder([...arrived], made, 'every event, in order');
        }));
    });
}, { settings: ALLOW_LOOPBACK, sideBySide: true });

/** Logs numbers, a few at a time, as long as the device is on the line, and says which ones were acknowledged. */
async function logWithoutEnd(device, isOver) {
    const lines = { acknowledged: [], isAcknowledged: new Set() };
    let next = 0;
    while (!isOver() && next < MOST_LINES) {
        if (!device.connected) {
            await pause(10);
            continue;
        }
        const sent = Array.from({ length: AT_ONCE }, () => next++);
        const answers = await Promise.all(sent.map((n) => device.log(String(n), { ack: true })));
        sent.filter((_, i) => answers[i]).forEach((n) => {
            lines.acknowledged.push(n);
            lines.isAcknowledged.add(n);
        });
        await pause(10);
    }
    return lines;
}

/** Makes deployments one after the other, and returns the ids of those that were answered. */
async function deployWithoutEnd(api, group, isOver) {
    const answered = [];
    while (!isOver()) {
        try {
            answered.push((await api.deployment(group)).id);
        } catch (error) {
            assert.ok(error instanceof TypeError, error);
        }
        await pause(20);
    }
    return answered;
}

/** The numbers in a device's history, oldest first, once it has the last of them and stands still: a line written between two pages would show another one twice. */
async function historyOf(api, { id }, last) {
    for (let before, deadline = Date.now() + 10_000; ; ) {
        const entries = await api.list(`/devices/${id}/logs?page[size]=100`);
        const numbers = entries.filter(({ type }) => type === 'server.log').map(({ msg }) => Number(msg)).reverse();
        if (Date.now() > deadline || (numbers.includes(last) && entries.length === before)) return numbers;
        before = entries.length;
        await pause(100);
    }
}
