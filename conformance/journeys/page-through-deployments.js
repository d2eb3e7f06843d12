// Journey 4: page through all deployments by `links.next`, at the default page size, and count them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameItems, assertSameOrder, ids } from '../harness/compare.js';
import { Impt } from '../harness/impt.js';
import { signedInLibrary } from '../harness/library.js';

const DEFAULT_PAGE_SIZE = 20;

export function pageThroughDeployments(server, world) {
    test('imp-central-api: page through all deployments by links.next', async () => {
        const api = await signedInLibrary(server, world.owner);
        const seen = [];
        let page = await api.deployments.list();
        assert.equal(page.links.self, page.links.first);
        for (;;) {
            seen.push(...page.data);
            if (!('next' in page.links)) break;
            assert.equal(page.data.length, DEFAULT_PAGE_SIZE);
            const next = new URL(page.links.next);
            assert.equal(next.origin + next.pathname, `${server.endpoint}/deployments`);
            assert.equal(next.searchParams.get('page[size]'), String(DEFAULT_PAGE_SIZE));
            page = await api.deployments.list(null, Number(next.searchParams.get('page[number]')));
            assert.equal(page.links.self, next.href);
        }
        assert.equal(seen.length, world.deployments.length);
        assertSameItems(ids(seen), ids(world.deployments));
        const times = seen.map(({ attributes }) => attributes.created_at);
        assertSameOrder(times, [...times].sort().reverse(), 'newest first');
    });

    test('following links.next verbatim, with filters kept', async () => {
        assertSameItems(ids(await world.api.list('/deployments')), ids(world.deployments));
        const [busy] = world.groups;
        const its = await world.api.list(`/deployments?filter[devicegroup.id]=${busy.id}`);
        assertSameOrder(ids(its), ids(busy.deployments).reverse());
        const flagged = await world.api.list('/deployments?filter%5Bflagged%5D=true&page[size]=7');
        assertSameItems(ids(flagged), ids(world.deployments.filter(({ attributes }) => attributes.flagged)));
    });

    test('impt: count all deployments', async () => {
        const impt = await Impt.signedIn(server, world.owner);
        const builds = await impt.json('build', 'list');
        assert.equal(builds.length, world.deployments.length);
        assertSameItems(ids(builds.map((item) => item.Deployment)), ids(world.deployments));
        const [busy] = world.groups;
        const text = await impt.ok('build', 'list', '-g', busy.id);
        assert.match(text, new RegExp(`^Deployment list \\(${busy.deployments.length} items\\):$`, 'm'));
    });
}
