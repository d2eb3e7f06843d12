// What people do with these clients on an ordinary day, on a server with several hundred of everything.
import { before } from 'node:test';
import { onEachDatabase } from './harness/each-database.js';
import { seed } from './harness/seed.js';
import { deployTwoFiles } from './journeys/deploy-two-files.js';
import { keepTheToken } from './journeys/keep-the-token.js';
import { listUnassignedDevices } from './journeys/list-unassigned-devices.js';
import { pageThroughDeployments } from './journeys/page-through-deployments.js';
import { signInAndList } from './journeys/sign-in-and-list.js';

onEachDatabase('journeys', (server) => {
    const world = {};
    before(async () => Object.assign(world, await seed(server)));

    signInAndList(server, world);
    listUnassignedDevices(server, world);
    pageThroughDeployments(server, world);
    deployTwoFiles(server);
    keepTheToken(server, world);
});
