// What almost every suite starts with.
import { Api } from './http.js';
import { Impt } from './impt.js';

/** An account, and plain requests to prepare and read back with. */
export async function openAccount(server, { username = 'grower', production = true } = {}) {
    const account = await server.createAccount({ username, password: `password of ${username}`, production });
    const api = await Api.signIn(server, account.username, account.password);
    account.id = (await api.read('/accounts/me')).id;
    return { account, api };
}

/** The same, and impt signed in. */
export async function openSession(server, options) {
    const { account, api } = await openAccount(server, options);
    return { account, api, impt: await Impt.signedIn(server, account) };
}
