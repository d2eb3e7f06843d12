// Plain requests: for seeding, and for reading back what a client did, without any client's help.
import './clean-environment.js';
import assert from 'node:assert/strict';

export class Api {
    constructor(endpoint, token = null) {
        this.endpoint = endpoint;
        this.token = token;
    }

    /** Signs in with a user name or an e-mail address. */
    static async signIn(server, id, password) {
        const api = new Api(server.endpoint);
        const tokens = await api.post('/auth', { id, password }, 200);
        api.token = tokens.access_token;
        api.refreshToken = tokens.refresh_token;
        return api;
    }

    async request(method, path, body = null, headers = {}) {
        const response = await fetch(path.startsWith('http') ? path : this.endpoint + path, {
            method,
            headers: {
                ...(this.token && { authorization: `Bearer ${this.token}` }),
                ...(body && { 'content-type': 'application/vnd.api+json' }),
                ...headers,
            },
            body: body && JSON.stringify(body),
        });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
    }

    async #expect(status, method, path, body) {
        const answer = await this.request(method, path, body);
        assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
        return answer.body;
    }

    /** The body of a 200 answer. */
    get(path) {
        return this.#expect(200, 'GET', path);
    }

    post(path, body, status = 201) {
        return this.#expect(status, 'POST', path, body);
    }

    patch(path, body) {
        return this.#expect(200, 'PATCH', path, body);
    }

    /** One resource, without its envelope. */
    async read(path) {
        return (await this.get(path)).data;
    }

    /** Whether reading the resource gives 404. */
    async isGone(path) {
        const { status } = await this.request('GET', path);
        assert.ok(status === 200 || status === 404, `GET ${path}: ${status}`);
        return status === 404;
    }

    /** Every item of a collection, page after page as `links.next` says. */
    async list(path) {
        const items = [];
        for (let next = path; next; ) {
            const page = await this.get(next);
            items.push(...page.data);
            next = page.links.next;
        }
        return items;
    }

    async create(type, collection, attributes, relationships) {
        return (await this.post(collection, { data: { type, attributes, relationships } })).data;
    }

    product(name, attributes = {}) {
        return this.create('product', '/products', { name, ...attributes });
    }

    /** `kind` is one of the short names, for example `pre_dut`. */
    deviceGroup(product, name, kind = 'development', { attributes = {}, productionTarget, dutTarget } = {}) {
        return this.create(`${kind}_devicegroup`, '/devicegroups', { name, ...attributes }, {
            product: link(product),
            ...(productionTarget && { production_target: link(productionTarget) }),
            ...(dutTarget && { dut_target: link(dutTarget) }),
        });
    }

    deployment(group, attributes = {}) {
        const code = { device_code: '// device\n', agent_code: '// agent\n' };
        return this.create('deployment', '/deployments', { ...code, ...attributes }, { devicegroup: link(group) });
    }

    /** Raises the minimum supported deployment of a group. */
    setMinimum(group, deployment) {
        return this.#expect(200, 'PUT', `/devicegroups/${group.id}/relationships/min_supported_deployment`, { data: link(deployment) });
    }

    webhook(group, attributes = {}) {
        const hook = { url: 'https://hooks.example.net/hook', event: 'deployment', content_type: 'application/json' };
        return this.create('webhook', '/webhooks', { ...hook, ...attributes }, { devicegroup: link(group) });
    }

    assign(group, devices) {
        const data = devices.map(({ id }) => ({ type: 'device', id }));
        return this.post(`/devicegroups/${group.id}/relationships/devices`, { data }, 204);
    }
}

/** A relationship: nothing but type and id. */
export function link({ type, id }) {
    return { type, id };
}
