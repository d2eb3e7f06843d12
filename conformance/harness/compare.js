// Comparing long lists, with a short message when they differ.
import assert from 'node:assert/strict';

const EXAMPLES = 5;

/** The ids of resources, or of what impt prints. */
export function ids(items) {
    return items.map((item) => item.id);
}

/** Fails unless both lists have the same strings, each as often, in whatever order. */
export function assertSameItems(actual, expected, message = 'the lists differ') {
    const rest = new Map();
    for (const item of expected) rest.set(item, (rest.get(item) ?? 0) + 1);
    const extra = [];
    for (const item of actual) {
        const left = rest.get(item) ?? 0;
        if (left === 0) extra.push(item);
        else if (left === 1) rest.delete(item);
        else rest.set(item, left - 1);
    }
    const missing = [...rest.keys()];
    if (extra.length > 0 || missing.length > 0) {
        assert.fail(
            `${message}: ${actual.length} items for ${expected.length}; ` +
                `${missing.length} missing (${missing.slice(0, EXAMPLES).join(', ')}), ` +
                `${extra.length} too many (${extra.slice(0, EXAMPLES).join(', ')})`,
        );
    }
}

/** Fails unless both lists are the same in the same order. */
export function assertSameOrder(actual, expected, message = 'the lists differ') {
    assertSameItems(actual, expected, message);
    const at = actual.findIndex((item, i) => item !== expected[i]);
    if (at >= 0) assert.fail(`${message}: at position ${at} is ${actual[at]}, not ${expected[at]}`);
}
