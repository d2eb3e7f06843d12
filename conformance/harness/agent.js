// Agents of devices of their own: deployed through the API, asked at their URLs, read in their devices' logs.
import assert from 'node:assert/strict';
import { until } from './until.js';

/** What the log says whenever an agent starts. */
export const STARTED = 'status: Agent restarted: reload.';

export class Agent {
    constructor(api, group, added, url) {
        Object.assign(this, { api, group, added, url });
    }

    /** Makes a group with devices, and then deploys: one agent for each, in the order of the devices. */
    static async deployTo(server, { account, api }, count, agent_code) {
        const product = await api.product(`Agents ${++Agent.#products}`);
        const group = await api.deviceGroup(product, 'agents');
        const devices = await server.addDevices(account.username, count);
        await api.assign(group, devices);
        await api.deployment(group, { agent_code });
        return Promise.all(devices.map(async (added) => {
            const { agent_url } = (await api.read(`/devices/${added.id}`)).attributes;
            return new Agent(api, group, added, agent_url);
        }));
    }

    static async deploy(server, session, agent_code) {
        const [agent] = await Agent.deployTo(server, session, 1, agent_code);
        return agent;
    }

    static #products = 0;

    get id() {
        return new URL(this.url).pathname.slice(1);
    }

    fetch(path = '', options) {
        return fetch(this.url + path, options);
    }

    /** Asks again and again, until the agent's program answers with success. */
    answers(path) {
        return until('an answer', async () => {
            const answer = await this.fetch(path);
            const text = await answer.text();
            return answer.status === 200 && { text };
        });
    }

    /** The device's log, oldest line first, as `type: message`. */
    async log() {
        return (await this.api.list(`/devices/${this.added.id}/logs?page[size]=100`)).reverse().map(({ type, msg }) => `${type}: ${msg}`);
    }

    /** Waits for lines at the end of the log, or anywhere in it; returns the whole log. */
    async untilLogged(...lines) {
        let log;
        const has = async () => {
            log = await this.log();
            return lines.every((line) => log.includes(line));
        };
        await until(`the lines ${JSON.stringify(lines)}`, has).catch((error) => {
            throw Object.assign(error, { message: `${error.message}; the log: ${JSON.stringify(log.slice(-50), null, 1)}` });
        });
        return log;
    }

    /** Waits until the log has this many lines, and expects it to be exactly these. */
    async expectLog(expected) {
        await until(`${expected.length} lines`, async () => (await this.log()).length >= expected.length).catch(() => {});
        assert.deepEqual(await this.log(), expected);
    }

    async isRunning() {
        return (await this.api.read(`/devices/${this.added.id}`)).attributes.agent_running;
    }

    /** Restarts the device, and its agent with it. */
    async restart() {
        await this.#post('restart');
    }

    /** Asks for a restart that can wait. */
    async restartConditionally() {
        await this.#post('conditional_restart');
    }

    async #post(action) {
        const { status } = await this.api.request('POST', `/devices/${this.added.id}/${action}`);
        assert.ok(status === 202 || status === 204 || status === 200, `${action}: ${status}`);
    }
}
