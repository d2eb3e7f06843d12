// The two databases that every journey runs on.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const POSTGRES = process.env.IMPSTEAD_TEST_POSTGRES;

/** SQLite keeps its file in the data folder of the server, so there is nothing to create. */
const sqlite = {
    name: 'SQLite',
    missing: null,
    create: () => ({ url: 'sqlite', drop() {} }),
};

const postgres = {
    name: 'PostgreSQL',
    missing: POSTGRES ? null : 'NOTHING RAN ON POSTGRESQL: IMPSTEAD_TEST_POSTGRES is not set (scripts/with-postgres.sh sets it)',
    /** Creates an empty database beside the one that IMPSTEAD_TEST_POSTGRES names. */
    create() {
        const name = `conformance_${process.pid}_${randomBytes(4).toString('hex')}`;
        const url = new URL(POSTGRES);
        url.pathname = `/${name}`;
        psql(`create database ${name}`);
        return { url: url.href, drop: () => psql(`drop database ${name} with (force)`) };
    },
};

export const databases = [sqlite, postgres];

function psql(statement) {
    execFileSync('psql', [POSTGRES, '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--command', statement], {
        stdio: ['ignore', 'ignore', 'inherit'],
    });
}
