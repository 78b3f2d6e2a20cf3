// The admin API, called as docs/openapi.json has it: status, content type and body of every answer are checked against it.
import assert from "node:assert/strict";
import Ajv from "ajv/dist/2020.js";
import { DEADLINE_MS, withDeadline } from "./until.mjs";

export const secret = "admin-secret-of-the-test";

/** Resolves the references of a schema into the registered document. */
const anchored = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"spec#/'));

export class AdminApi {
  /** `used` collects the operations that were called. */
  static async of(server, used) {
    const api = new AdminApi();
    api.server = server;
    api.used = used;
    api.spec = await (await server.http("/v1/openapi.json")).json();
    api.ajv = new Ajv({ strict: false });
    api.ajv.addSchema({ $id: "spec", components: api.spec.components });
    api.call = api.call.bind(api);
    return api;
  }

  /** Calls an operation; JSON is returned parsed, anything else as the response. */
  async call(method, path, { query = "", body, type = "application/json", expect } = {}) {
    const { spec, ajv } = this;
    const template = Object.keys(spec.paths).find((candidate) =>
      new RegExp(`^${candidate.replace("{id}", "[^/]+")}$`).test(path),
    );
    const operation = spec.paths[template]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${path} is not in the specification`);
    this.used.add(operation.operationId);
    const response = await this.server.http(path + query, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(body === undefined ? {} : { "content-type": type }) },
      body: body === undefined ? undefined : type.endsWith("json") ? JSON.stringify(body) : body,
    });
    const described = operation.responses[response.status];
    if (expect !== undefined) assert.equal(response.status, expect, await response.clone().text());
    const content = (described ?? spec.components.responses.Problem).content;
    if (!content) return response;
    const kind = (response.headers.get("content-type") ?? "").split(";")[0];
    assert.ok(content[kind], `${method} ${path} answered ${kind}`);
    if (!kind.endsWith("json")) return response;
    const value = await response.json();
    const validate = ajv.compile(anchored(content[kind].schema));
    assert.ok(validate(value), `${method} ${path}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
    return value;
  }

  /** Asks again with every event of the server (one a second at least) until it holds. */
  async eventually(condition, what) {
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${secret}` };
    const look = async () => {
      if (await condition()) return;
      const stream = await this.server.http("/v1/events", { headers, signal: stop.signal });
      for await (const _ of stream.body) if (await condition()) return;
      assert.fail(`the events ended before ${what}`);
    };
    await withDeadline(look(), DEADLINE_MS, () => what).finally(() => stop.abort());
  }
}
