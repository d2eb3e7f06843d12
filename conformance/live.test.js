// The journey with devices on the line. It restarts its server, so it has one of its own.
import { onEachDatabase } from './harness/each-database.js';
import { followTheDevices } from './journeys/follow-the-devices.js';

onEachDatabase('journey with devices on the line', followTheDevices);
