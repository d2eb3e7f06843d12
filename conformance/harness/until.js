// Waiting for what comes soon.
import assert from 'node:assert/strict';

const PATIENCE_MS = 20_000;
const EVERY_MS = 50;

/** Looks again and again, until `look` finds something; returns that. */
export async function until(what, look) {
    for (const deadline = Date.now() + PATIENCE_MS; ; ) {
        const found = await look();
        if (found) return found;
        assert.ok(Date.now() < deadline, `${what} in time`);
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
}
