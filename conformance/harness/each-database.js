// Runs the same tests once on each database, each time on a server of their own.
import { after, before, describe, test } from 'node:test';
import { databases } from './database.js';
import { Server } from './server.js';

/**
 * Calls `register(server)` once per database, inside a suite that starts the server first and stops it last.
 * The server listens only from the first `before` hook on. Of the tests, `concurrency` run at a time; with `sideBySide`
 * the databases are not taken one after the other, which suites cannot have that use the vendor's library: that has one
 * endpoint and one token in a process.
 */
export function onEachDatabase(title, register, { concurrency = 1, sideBySide = false, ...options } = {}) {
    if (!sideBySide) return registerEach(title, register, concurrency, options);
    return describe(title, { concurrency: databases.length }, () => registerEach(title, register, concurrency, options));
}

function registerEach(title, register, concurrency, options) {
    for (const database of databases) {
        describe(`${title} on ${database.name}`, { concurrency }, () => {
            if (database.missing) {
                // A test rather than a skipped suite, because only tests show in the runner's count.
                test(database.missing, { skip: database.missing });
                return;
            }
            const server = new Server(database, options);
            before(() => server.start());
            register(server);
            after(() => server.stop());
        });
    }
}
