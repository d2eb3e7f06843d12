// An object for each path, which counts in memory and answers: what the agent beside it does.
import { DurableObject } from "cloudflare:workers";

export class Agent extends DurableObject {
  count = 0;

  fetch(_request) {
    this.count++;
    return new Response("hello", { headers: { "content-type": "text/plain" } });
  }
}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return env.AGENTS.get(env.AGENTS.idFromName(pathname)).fetch(request);
  },
};
