// The vendor's JavaScript library, as published.
import './clean-environment.js';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

export const ImpCentralApi = createRequire(import.meta.url)('imp-central-api');

let inUse = null;

/** The library pointed at the server. It keeps endpoint and token per process, so use one account at a time. */
export function library(server) {
    assert.ok(
        inUse === null || inUse === server || !inUse.isRunning,
        'two servers at once share the endpoint and the token of one library: suites with it cannot run side by side',
    );
    inUse = server;
    return new ImpCentralApi(server.endpoint);
}

/** The same, signed in. */
export async function signedInLibrary(server, { username, password }) {
    const api = library(server);
    await api.auth.login(username, password);
    return api;
}

/** Every item of a list. Calls `list(pageNumber, pageSize)` for page after page, while the answers name a next one. */
export async function everyPage(list, pageSize) {
    const items = [];
    for (let number = 1; ; number++) {
        const { data, links } = await list(number, pageSize);
        items.push(...data);
        if (!('next' in links)) return items;
    }
}
