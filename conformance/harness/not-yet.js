// Options for tests of what the server cannot do yet. They show as skipped, with the reason; not-yet.test.js fails as soon
// as the server can, so that nobody forgets to let them run.

/** Needs the Squirrel compiler. */
export const squirrel = { skip: 'NOT YET: from step 3, when the server compiles Squirrel' };
