// Journey 4: page through all deployments by `links.next`, at the default page size, and count them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSameItems, assertSameOrder, ids } from '../harness/compare.js';
import { Impstead, exampleLines } from '../harness/impstead.js';
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

    test('impstead: count all deployments', async () => {
        const impstead = await Impstead.signedIn(server, world.owner);
        const all = await impstead.json('deployment', 'list');
        assertSameItems(ids(all), ids(world.deployments));
        const times = all.map(({ attributes }) => attributes.created_at);
        assertSameOrder(times, [...times].sort().reverse(), 'newest first');
        assert.equal((await impstead.table('deployment', 'list')).length, world.deployments.length);

        const [busy] = world.groups;
        const rows = await impstead.table('deployment', 'list', '--group', busy.attributes.name);
        assertSameOrder(rows.map(({ ID }) => ID), ids(busy.deployments).reverse());
        for (const [i, { SHA, FLAGGED, TAGS }] of rows.reverse().entries()) {
            assert.deepEqual([SHA, FLAGGED, TAGS], [busy.deployments[i].attributes.sha.slice(0, 12), i === 2 ? 'yes' : 'no', `n${i}`]);
        }
        const flagged = await impstead.json('deployment', 'list', '--flagged');
        assertSameItems(ids(flagged), ids(world.deployments.filter(({ attributes }) => attributes.flagged)));
        const tagged = await impstead.json('deployment', 'list', '--tag', 'n1');
        assertSameItems(ids(tagged), ids(world.deployments.filter(({ attributes }) => attributes.tags.includes('n1'))));
    });

    test('impstead-client: page through the deployments of a group, to the end or until there are enough', async () => {
        const [busy] = world.groups;
        const expected = busy.deployments.map(({ attributes: { created_at, sha, tags } }) => `${created_at}  ${sha}  ${tags.join(' ')}`).reverse();
        const prompt = '-- Enter for more, q to quit --';
        const args = [server.endpoint, world.owner.username, world.owner.password, busy.id];
        const all = await exampleLines('page_deployments', args, { input: '\n'.repeat(5) });
        assertSameOrder(all.filter((line) => line !== prompt), expected);
        assert.deepEqual(all.flatMap((line, i) => (line === prompt ? [i] : [])), [10, 21, 32, 43, 49], 'after every ten, and at the end');
        const some = await exampleLines('page_deployments', args, { input: '\nq\n' });
        assertSameOrder(some, [...expected.slice(0, 10), prompt, ...expected.slice(10, 20), prompt]);
    });
}
