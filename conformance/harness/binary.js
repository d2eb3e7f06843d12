// The program under test.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const BINARY = path.resolve(process.env.IMPSTEAD_BIN ?? fileURLToPath(new URL('../../target/debug/impstead', import.meta.url)));
