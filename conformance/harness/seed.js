// Fills a server through the API: several hundred of everything, so that no list fits on one page of any client.
import { Api } from './http.js';

const PRODUCTS = 260;
const GROUPS_OF_PRODUCT = [1, 2, 0, 1];
const DEPLOYMENTS_OF_GROUP = [1, 0, 3, 2];
/** One group has more deployments than fit on two pages of the default size. */
const DEPLOYMENTS_OF_FIRST_GROUP = 45;
const DEVICES_ASSIGNED = 205;
const DEVICES_UNASSIGNED = 125;
const PARALLEL_REQUESTS = 8;

/**
 * Makes an account and its entities, and a few of a stranger's that must not show in any list.
 * Every list is in the order of creation; `groups` of a product and `deployments` of a group are lists of resources.
 */
export async function seed(server) {
    const owner = await server.createAccount({ username: 'grower', password: 'correct horse battery' });
    const stranger = await server.createAccount({ username: 'stranger', password: 'another password' });
    const api = await Api.signIn(server, owner.username, owner.password);
    await seedStranger(server, stranger);

    const products = await inParallel(count(PRODUCTS), async (i) => {
        const product = await api.product(`Greenhouse ${i}`, { description: i % 2 ? `Gewächshaus ${i} · 温室` : null });
        const names = count(GROUPS_OF_PRODUCT[i % GROUPS_OF_PRODUCT.length]).map((g) => `Beds ${i}.${g}`);
        return { ...product, groups: await inTurn(names, (name) => api.deviceGroup(product, name)) };
    });

    const groups = products.flatMap((product) => product.groups);
    await inParallel(count(groups.length), async (i) => {
        const wanted = i === 0 ? DEPLOYMENTS_OF_FIRST_GROUP : DEPLOYMENTS_OF_GROUP[i % DEPLOYMENTS_OF_GROUP.length];
        groups[i].deployments = await inTurn(count(wanted), (n) =>
            api.deployment(groups[i], { device_code: `// group ${i}, deployment ${n}\n`, tags: [`n${n}`], flagged: n === 2 }),
        );
    });

    const devices = await server.addDevices(owner.username, DEVICES_ASSIGNED + DEVICES_UNASSIGNED);
    const unassigned = devices.splice(DEVICES_ASSIGNED);
    const batches = count(Math.ceil(devices.length / 5)).map((i) => ({ group: groups[i], devices: devices.slice(i * 5, i * 5 + 5) }));
    await inParallel(batches, (batch) => api.assign(batch.group, batch.devices));

    return { owner, stranger, api, products, groups, deployments: groups.flatMap((group) => group.deployments), unassigned, assigned: devices };
}

async function seedStranger(server, stranger) {
    const api = await Api.signIn(server, stranger.username, stranger.password);
    const product = await api.product('Not yours');
    await api.deployment(await api.deviceGroup(product, 'Not yours either'));
    await server.addDevices(stranger.username, 2);
}

function count(n) {
    return Array.from({ length: n }, (_, i) => i);
}

async function inTurn(items, action) {
    const results = [];
    for (const item of items) results.push(await action(item));
    return results;
}

/** Like `Promise.all`, a few at a time; the results are in the order of the items. */
async function inParallel(items, action) {
    const results = Array(items.length);
    let next = 0;
    const worker = async () => {
        while (next < items.length) {
            const index = next++;
            results[index] = await action(items[index]);
        }
    };
    await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, worker));
    return results;
}
