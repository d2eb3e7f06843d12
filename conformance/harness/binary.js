// The program under test.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const BINARY = path.resolve(process.env.IMPSTEAD_BIN ?? fileURLToPath(new URL('../../target/debug/impstead', import.meta.url)));

/** Where the example programs of our library are; they are built apart from the program. */
export const EXAMPLES = path.resolve(process.env.IMPSTEAD_EXAMPLES ?? fileURLToPath(new URL('../../target/debug/examples', import.meta.url)));
