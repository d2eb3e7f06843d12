// How the library reports what the server refused.
import assert from 'node:assert/strict';

/** Waits for a call to be refused with one of the statuses, checks the shape of the answer, and returns its first error. */
export async function refusal(call, ...statuses) {
    const error = await call.then(() => assert.fail('the call succeeded'), (reason) => reason);
    assert.equal(error.constructor.name, 'ImpCentralApiError', error.message);
    assert.ok(statuses.includes(error.statusCode), `${error.statusCode}: ${error.message}`);
    assert.ok(error.body.errors.length > 0);
    for (const { status, code, title, detail } of error.body.errors) {
        for (const member of [status, code, title, detail]) assert.equal(typeof member, 'string');
        assert.match(code, /^(VX|CX|NF|PX|XX)/);
    }
    const [first] = error.body.errors;
    assert.equal(error.message, `${first.title}: ${first.detail}`, 'what a program prints');
    return first;
}
