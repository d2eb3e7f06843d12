// A user's own program: counts the products, and keeps its tokens in a local file between two runs.
// Arguments: the endpoint and the token file. IMP_USER and IMP_PASSWORD are in the environment.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ImpCentralApi } from '../harness/library.js';

const [endpoint, file] = process.argv.slice(2);
const api = new ImpCentralApi(endpoint);
const steps = [];

async function signIn() {
    steps.push('sign in');
    save(await api.auth.login(process.env.IMP_USER, process.env.IMP_PASSWORD));
}

/** The answer has no refresh token: the one in the file stays. */
async function refresh({ refresh_token }) {
    steps.push('refresh');
    try {
        save({ refresh_token, ...(await api.auth.refreshAccessToken(refresh_token)) });
    } catch (error) {
        if (error.statusCode !== 404) throw error;
        await signIn();
    }
}

function save(tokens) {
    writeFileSync(file, JSON.stringify(tokens));
}

function stored() {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

async function countProducts() {
    let count = 0;
    for (let number = 1; ; number++) {
        const page = await api.products.list(null, number, 100);
        count += page.data.length;
        if (!('next' in page.links)) return count;
    }
}

const tokens = stored();
if (!tokens) {
    await signIn();
} else if (new Date(tokens.expires_at) <= new Date()) {
    await refresh(tokens);
} else {
    api.auth.accessToken = tokens.access_token;
}

let products;
try {
    products = await countProducts();
} catch (error) {
    if (error.statusCode !== 401) throw error;
    await refresh(stored());
    products = await countProducts();
}
console.log(JSON.stringify({ steps, products }));
