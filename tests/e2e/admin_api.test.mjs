// The admin API does what docs/openapi.json says: every answer is checked against its schema.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import Ajv from "ajv/dist/2020.js";
import * as Y from "yjs";
import { Client } from "./harness/clients.mjs";
import { Server } from "./harness/server.mjs";

const secret = "admin-secret-of-the-test";

describe("the admin API", () => {
  let server;
  let spec;
  let ajv;
  let ada;
  const used = new Set();
  before(async () => {
    server = await Server.start({
      args: ["--set", "auth.mode=none"],
      env: { RUNNEL_ADMIN_SECRET: secret },
    });
    spec = await (await server.http("/v1/openapi.json")).json();
    ajv = new Ajv({ strict: false });
    ajv.addSchema({ $id: "spec", components: spec.components });
    ada = new Client("y-websocket", server, "doc-one");
    await ada.synced();
    ada.text.insert(0, "Hello");
    ada.doc.getMap("meta").set("title", "One");
    ada.awareness.setLocalStateField("user", { name: "Ada" });
  });
  after(async () => {
    ada.destroy();
    await server.stop();
  });

  /** Resolves the references of a schema into the registered document. */
  const anchored = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"spec#/'));

  /** Calls an operation and checks status, content type and body against the specification. */
  async function call(method, path, { query = "", body, type = "application/json", expect } = {}) {
    const template = Object.keys(spec.paths).find((candidate) =>
      new RegExp(`^${candidate.replace("{id}", "[^/]+")}$`).test(path),
    );
    const operation = spec.paths[template]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${path} is not in the specification`);
    used.add(operation.operationId);
    const response = await server.http(path + query, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(body === undefined ? {} : { "content-type": type }) },
      body: body === undefined ? undefined : type === "application/json" ? JSON.stringify(body) : body,
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

  it("refuses without the secret, with problem+json", async () => {
    for (const headers of [{}, { authorization: "Bearer wrong" }]) {
      const response = await server.http("/v1/rooms", { headers });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      assert.equal((await response.json()).status, 401);
    }
  });

  it("lists rooms with filter and paging", async () => {
    const others = ["doc-two", "doc-three", "other"].map((room) => new Client("y-websocket", server, room));
    await Promise.all(others.map((client) => client.synced()));
    others.forEach((client) => client.text.insert(0, "x"));
    await Promise.all(others.map((client) => client.textIs("x")));
    const all = await call("GET", "/v1/rooms", { expect: 200 });
    assert.deepEqual(all.rooms.map((room) => room.name), ["doc-one", "doc-three", "doc-two", "other"]);
    const docs = await call("GET", "/v1/rooms", { query: "?contains=doc-&limit=2", expect: 200 });
    assert.deepEqual(docs.rooms.map((room) => room.name), ["doc-one", "doc-three"]);
    const rest = await call("GET", "/v1/rooms", { query: `?contains=doc-&limit=2&after=${encodeURIComponent(docs.next)}` });
    assert.deepEqual(rest.rooms.map((room) => room.name), ["doc-two"]);
    assert.equal(rest.next, null);
    await call("GET", "/v1/rooms", { query: "?limit=0", expect: 400 });
    others.forEach((client) => client.destroy());
  });

  it("tells a room's people, sizes and positions", async () => {
    const room = await call("GET", "/v1/rooms/doc-one", { expect: 200 });
    assert.equal(room.connections.length, 1);
    assert.equal(room.connections[0].dialect, "y-websocket");
    assert.ok(room.log.last_seq >= 1);
    await call("GET", "/v1/stats", { expect: 200 });
  });

  it("reads a document in every format", async () => {
    for (const format of ["v1", "v2"]) {
      const response = await call("GET", "/v1/rooms/doc-one/doc", { query: `?format=${format}`, expect: 200 });
      const copy = new Y.Doc();
      const apply = format === "v1" ? Y.applyUpdate : Y.applyUpdateV2;
      apply(copy, new Uint8Array(await response.arrayBuffer()));
      assert.equal(copy.getText("text").toString(), "Hello");
    }
    const json = await call("GET", "/v1/rooms/doc-one/doc", { query: "?format=json&root=meta&type=map", expect: 200 });
    assert.deepEqual(json, { title: "One" });
    const text = await call("GET", "/v1/rooms/doc-one/doc", { query: "?format=text&root=text", expect: 200 });
    assert.equal((await text.text()).trim(), "Hello");
  });

  it("writes an update, and clients see it", async () => {
    const other = new Y.Doc();
    other.getText("text").insert(0, "API. ");
    await call("PATCH", "/v1/rooms/doc-one/doc", { body: Y.encodeStateAsUpdate(other), type: "application/octet-stream", expect: 200 });
    await ada.holds(({ text }) => text.toString().includes("API. "), "the update of the API");
    await call("PATCH", "/v1/rooms/doc-one/doc", { body: Uint8Array.of(1, 2, 3), type: "application/octet-stream", expect: 400 });
  });

  it("compacts, exports, deletes, and imports what it exported", async () => {
    await call("POST", "/v1/rooms/doc-one/compact", { expect: 204 });
    const exported = new Uint8Array(await (await call("GET", "/v1/rooms/doc-one/export", { expect: 200 })).arrayBuffer());
    ada.provider.disconnect();
    await call("DELETE", "/v1/rooms/doc-one", { expect: 204 });
    const gone = await server.http("/parties/main/doc-one");
    assert.equal(gone.status, 410);
    await call("POST", "/v1/rooms/doc-one/import", { body: exported, type: "application/octet-stream", expect: 200 });
    const back = new Client("y-partykit", server, "doc-one");
    await back.holds(({ text }) => text.toString().includes("Hello"), "the imported document");
    back.destroy();
  });

  it("kicks and re-checks", async () => {
    const kicked = new Client("y-partykit", server, "doc-kick");
    await kicked.synced();
    const result = await call("POST", "/v1/rooms/doc-kick/kick", { body: {}, expect: 200 });
    assert.equal(result.closed, 1);
    await call("POST", "/v1/rooms/doc-kick/recheck", { body: {}, expect: 202 });
    kicked.destroy();
  });

  it("streams events", async () => {
    used.add("events");
    const stop = new AbortController();
    const response = await server.http("/v1/events", { headers: { authorization: `Bearer ${secret}` }, signal: stop.signal });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const seen = { stats: false, room: false };
    const joiner = new Client("y-websocket", server, "doc-event");
    let buffer = "";
    for await (const chunk of response.body) {
      buffer += Buffer.from(chunk).toString();
      seen.stats ||= /event: stats\ndata: \{/.test(buffer);
      seen.room ||= /event: room\ndata: .*doc-event/.test(buffer);
      if (seen.stats && seen.room) break;
    }
    stop.abort();
    joiner.destroy();
  });

  it("drains", async () => {
    await call("POST", "/v1/drain", { expect: 202 });
    assert.equal((await server.http("/readyz")).status, 503);
  });

  it("every operation of the specification was called", () => {
    used.add("openapi");
    const all = Object.values(spec.paths).flatMap((path) =>
      Object.values(path).flatMap((operation) => (operation.operationId ? [operation.operationId] : [])),
    );
    assert.deepEqual(all.filter((id) => !used.has(id)), []);
  });
});
