// The journey that needs access tokens to expire while somebody waits. Its tests mostly sleep, so they do it together.
import { onEachDatabase } from './harness/each-database.js';
import { outliveTheToken } from './journeys/keep-the-token.js';

/** Long enough for a client to start, sign in and list on a loaded machine. */
const SECONDS = 4;

onEachDatabase('journey beyond the life of a token', outliveTheToken, { accessTokenLife: SECONDS, concurrency: 5 });
