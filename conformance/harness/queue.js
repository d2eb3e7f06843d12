// Things that arrive by themselves, handed out in order to tests that wait for them.
import assert from 'node:assert/strict';

const TIME_LIMIT_MS = 15_000;

export class Queue {
    #items = [];
    #wake = null;

    /** `what` the items are, for the message when none comes. */
    constructor(what) {
        this.what = what;
        this.push = this.push.bind(this);
    }

    get length() {
        return this.#items.length;
    }

    push(item) {
        this.#items.push(item);
        this.#wake?.();
    }

    /** The next item; an error if none comes for a while. */
    async next({ within = TIME_LIMIT_MS } = {}) {
        assert.equal(this.#wake, null, 'one at a time waits');
        const deadline = Date.now() + within;
        while (this.#items.length === 0) {
            assert.ok(Date.now() < deadline, `no ${this.what} came`);
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, deadline - Date.now());
                this.#wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            }).finally(() => (this.#wake = null));
        }
        return this.#items.shift();
    }

    async take(count) {
        const items = [];
        while (items.length < count) items.push(await this.next());
        return items;
    }

    /** The first item that suits, which the ones before it are dropped for. */
    async until(suits, { within = TIME_LIMIT_MS } = {}) {
        const dropped = [];
        for (const deadline = Date.now() + within; ; ) {
            assert.ok(Date.now() < deadline, `no such ${this.what} among ${dropped.length}: ${JSON.stringify(dropped).slice(0, 2000)}`);
            const item = await this.next({ within: deadline - Date.now() }).catch((error) => {
                throw Object.assign(error, { message: `${error.message}; before: ${JSON.stringify(dropped).slice(0, 2000)}` });
            });
            if (suits(item)) return item;
            dropped.push(item);
        }
    }
}
