// imp-central-api: log streams, as far as they go while nothing runs
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { onEachDatabase } from '../harness/each-database.js';
import { refusal } from '../harness/library-error.js';
import { ImpCentralApi, signedInLibrary } from '../harness/library.js';
import * as notYet from '../harness/not-yet.js';
import { openAccount } from '../harness/session.js';

const { FORMAT_JSON, FORMAT_TEXT } = ImpCentralApi.LogStreams;
const TIME_LIMIT_MS = 10_000;

onEachDatabase('imp-central-api log streams', (server) => {
    let account, logStreams, device;
    before(async () => {
        ({ account } = await openAccount(server));
        ({ logStreams } = await signedInLibrary(server, account));
        [device] = await server.addDevices(account.username, 1);
    });

    for (const format of [FORMAT_TEXT, FORMAT_JSON]) {
        test(`open, add and remove a device, close (${format})`, notYet.live, async () => {
            const states = queue();
            const { data } = await logStreams.create(() => {}, states.push, null, format);
            const state = async () => {
                const text = await states.next();
                if (format === FORMAT_TEXT) return text;
                const { state, device_id } = JSON.parse(text);
                return device_id ? `${device_id} ${state}` : state;
            };
            assert.equal(await state(), 'opened');
            for (const identifier of [device.id, device.mac_address]) {
                assert.equal(await logStreams.addDevice(data.id, identifier), undefined);
                assert.equal(await state(), `${device.id} subscribed`);
                assert.equal(await logStreams.removeDevice(data.id, identifier), undefined);
                assert.equal(await state(), `${device.id} unsubscribed`);
            }
            await refusal(logStreams.addDevice(data.id, 'nonsense'), 404);
            await refusal(logStreams.addDevice('nonsense', device.id), 404);
            await logStreams.close(data.id);
        });
    }

    test('a second stream closes the first', notYet.live, async () => {
        const states = queue();
        const { data: first } = await logStreams.create(() => {}, states.push);
        assert.equal(await states.next(), 'opened');
        const { data: second } = await logStreams.create(() => {});
        assert.equal(await states.next(), 'closed');
        await logStreams.close(first.id);
        await logStreams.close(second.id);
    });
});

/** What arrives later is handed out in order; waiting ends with an error after a while. */
function queue() {
    const items = [];
    let wake = () => {};
    return {
        push(item) {
            items.push(item);
            wake();
        },
        async next() {
            const deadline = Date.now() + TIME_LIMIT_MS;
            while (items.length === 0) {
                assert.ok(Date.now() < deadline, 'nothing arrives');
                await new Promise((resolve) => {
                    wake = resolve;
                    setTimeout(resolve, TIME_LIMIT_MS).unref();
                });
            }
            return items.shift();
        },
    };
}
