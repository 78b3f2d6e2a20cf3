// The admin API does what docs/openapi.json says: every answer is checked against its schema, and what it claims to have
// done is looked at through stock clients.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import * as Y from "yjs";
import { AdminApi, secret } from "./harness/admin.mjs";
import { Client, sameState } from "./harness/clients.mjs";
import { RawClient, refusal } from "./harness/raw.mjs";
import { Server } from "./harness/server.mjs";

const used = new Set();
const start = (...args) =>
  Server.start({
    args: ["--set", "auth.mode=none", ...args.flatMap((setting) => ["--set", setting])],
    env: { RUNNEL_ADMIN_SECRET: secret },
  });
const octets = "application/octet-stream";
const bytesOf = async (response) => new Uint8Array(await response.arrayBuffer());
const textIn = (update) => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc.getText("text").toString();
};

describe("the admin API", () => {
  let server;
  let call;
  let ada;
  before(async () => {
    server = await start();
    ({ call } = await AdminApi.of(server, used));
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
    const all = await call("GET", "/v1/rooms/doc-one/doc", { query: "?format=json", expect: 200 });
    assert.deepEqual(all, { text: "Hello", meta: { title: "One" } });
    const guessed = await call("GET", "/v1/rooms/doc-one/doc", { query: "?format=json&root=text", expect: 200 });
    assert.equal(guessed, "Hello");
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
    // What cannot be read creates nothing.
    await call("POST", "/v1/rooms/doc-one/import", { body: Uint8Array.of(255), type: "application/octet-stream", expect: 400 });
    assert.equal((await server.http("/parties/main/doc-one")).status, 410);
    await call("POST", "/v1/rooms/doc-one/import", { body: exported, type: "application/octet-stream", expect: 200 });
    const back = new Client("y-partykit", server, "doc-one");
    await back.holds(({ text }) => text.toString().includes("Hello"), "the imported document");
    back.destroy();
  });

  it("has no room that never was, and buries none; an open room without a letter is one", async () => {
    await call("GET", "/v1/rooms/doc-never", { expect: 404 });
    await call("POST", "/v1/rooms/doc-never/compact", { expect: 404 });
    await call("DELETE", "/v1/rooms/doc-never", { expect: 404 });
    assert.equal((await server.http("/parties/main/doc-never")).status, 426);
    await call("DELETE", "/v1/rooms/doc-never", { query: "?party=nowhere", expect: 404 });
    const open = new Client("y-partykit", server, "doc-never");
    await open.synced();
    await call("DELETE", "/v1/rooms/doc-never", { expect: 204 });
    assert.equal((await server.http("/parties/main/doc-never")).status, 410);
    await call("DELETE", "/v1/rooms/doc-never", { expect: 204 });
    open.destroy();
  });

  it("kicks and re-checks", async () => {
    const kicked = new Client("y-partykit", server, "doc-kick");
    await kicked.synced();
    // What cannot be meant puts nobody out: no filter at all would mean everybody.
    for (const body of [{ user: 5 }, { user: "" }, { usr: "ada" }, { connection: 24576 }, { connection: "x" }, { reason: {} }, []]) {
      await call("POST", "/v1/rooms/doc-kick/kick", { body, expect: 400 });
    }
    await call("POST", "/v1/drain", { body: { over: 5 }, expect: 400 });
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
});

describe("history, restore, freeze and JSON Patch", () => {
  let server;
  let api;
  let call;
  before(async () => {
    server = await start("rooms.persist=history");
    api = await AdminApi.of(server, used);
    ({ call } = api);
  });
  after(() => server.stop());

  /** Two stock clients of different dialects in one room. */
  async function pair(room) {
    const clients = [new Client("y-partykit", server, room), new Client("y-websocket", server, room)];
    await Promise.all(clients.map((client) => client.synced()));
    return clients;
  }

  it("tells the history and the document at any point of it", async () => {
    const [ada, bob] = await pair("doc-history");
    const states = [];
    for (const word of ["one ", "two ", "three "]) {
      ada.text.insert(ada.text.length, word);
      await bob.textIs(ada.text.toString());
      states.push(ada.text.toString());
    }
    ada.text.delete(0, 4);
    await bob.textIs("two three ");
    states.push("two three ");
    const history = await call("GET", "/v1/rooms/doc-history/history", { expect: 200 });
    assert.equal(history.entries.length, 4);
    assert.deepEqual(history.entries.map((entry) => entry.seq), [4, 3, 2, 1]);
    assert.deepEqual(history.entries.at(-1).clients, [ada.doc.clientID]);
    assert.deepEqual(history.entries[0].clients, [], "an entry that only deletes");
    for (const entry of history.entries) {
      assert.ok(Math.abs(Date.now() - entry.time_ms) < 60_000);
      const state = await bytesOf(await call("GET", "/v1/rooms/doc-history/doc", { query: `?at=${entry.seq}`, expect: 200 }));
      assert.equal(textIn(state), states[entry.seq - 1]);
    }
    const text = await call("GET", "/v1/rooms/doc-history/doc", { query: "?at=2&format=text&root=text", expect: 200 });
    assert.equal(await text.text(), "one two ");
    assert.equal(textIn(await bytesOf(await call("GET", "/v1/rooms/doc-history/export", { query: "?at=0", expect: 200 }))), "");
    const page = await call("GET", "/v1/rooms/doc-history/history", { query: "?limit=3", expect: 200 });
    const rest = await call("GET", "/v1/rooms/doc-history/history", { query: `?limit=3&before=${page.next}`, expect: 200 });
    assert.deepEqual(rest.entries.map((entry) => entry.seq), [1]);
    await call("GET", "/v1/rooms/doc-history/doc", { query: "?at=99", expect: 404 });
    await call("GET", "/v1/rooms/doc-history/doc", { query: "?at=x", expect: 400 });
    await call("GET", "/v1/rooms/no-such-room/history", { expect: 404 });
    ada.destroy();
    bob.destroy();
  });

  it("restores a point while two people edit, and both converge on it", async () => {
    const [ada, bob] = await pair("doc-restore");
    ada.text.insert(0, "The first version.");
    ada.doc.getMap("meta").set("title", "Draft");
    await bob.textIs("The first version.");
    await bob.holds(({ doc }) => doc.getMap("meta").get("title") === "Draft", "the title");
    const { last_seq: then } = await call("GET", "/v1/rooms/doc-restore/history", { expect: 200 });
    bob.text.delete(0, 18);
    bob.text.insert(0, "Vandalised");
    bob.doc.getMap("meta").delete("title");
    await ada.textIs("Vandalised");
    await call("POST", "/v1/rooms/doc-restore/restore", { body: { at: then }, expect: 200 });
    bob.text.insert(bob.text.length, " And more."); // under way while it is restored
    const whole = ({ text, doc }) =>
      text.toString().includes("The first version.") && text.toString().includes(" And more.") &&
      !text.toString().includes("Vandalised") && doc.getMap("meta").get("title") === "Draft";
    await ada.holds(whole, "the restored content with what was typed meanwhile");
    await bob.holds(whole, "the restored content with what was typed meanwhile");
    assert.ok(sameState(ada.doc, bob.doc));
    await call("POST", "/v1/rooms/doc-restore/restore", { body: { at: 10_000 }, expect: 404 });
    await call("POST", "/v1/rooms/doc-restore/restore", { body: {}, expect: 400 });
    ada.destroy();
    bob.destroy();
  });

  it("restores from a state that is sent along", async () => {
    const [ada, bob] = await pair("doc-backup");
    ada.text.insert(0, "kept in a backup");
    await bob.textIs("kept in a backup");
    const backup = await bytesOf(await call("GET", "/v1/rooms/doc-backup/export", { expect: 200 }));
    ada.text.delete(0, ada.text.length);
    await bob.textIs("");
    await call("POST", "/v1/rooms/doc-backup/restore", { body: backup, type: octets, expect: 200 });
    await ada.textIs("kept in a backup");
    await bob.textIs("kept in a backup");
    const { last_seq: position } = await call("GET", "/v1/rooms/doc-backup/history", { expect: 200 });
    const present = await bytesOf(await call("GET", "/v1/rooms/doc-backup/export", { expect: 200 }));
    await call("POST", "/v1/rooms/doc-backup/restore", { body: backup, type: octets, expect: 200 });
    assert.equal((await call("GET", "/v1/rooms/doc-backup/history")).last_seq, position, "the same content is there already");
    await call("POST", "/v1/rooms/doc-backup/restore", { body: present, type: octets, expect: 200 });
    assert.equal((await call("GET", "/v1/rooms/doc-backup/history")).last_seq, position, "there was nothing to restore");
    await call("POST", "/v1/rooms/doc-backup/restore", { body: Uint8Array.of(9, 9), type: octets, expect: 400 });
    ada.destroy();
    bob.destroy();
  });

  it("freezes: edits are refused and clients are told; thawed, they come in", async () => {
    const [ada, bob] = await pair("doc-frozen");
    ada.text.insert(0, "before. ");
    await bob.textIs("before. ");
    const told = await RawClient.open(server, "/parties/main/doc-frozen");
    await call("POST", "/v1/rooms/doc-frozen/freeze", { expect: 204 });
    const level = await told.message((m) => typeof m === "string" && m.includes("frozen"), "to hear of the freeze");
    assert.deepEqual(JSON.parse(level), { type: "access_level", level: "view", frozen: true });
    assert.equal((await call("GET", "/v1/rooms/doc-frozen", { expect: 200 })).frozen, true);
    const rooms = await call("GET", "/v1/rooms", { query: "?contains=doc-frozen", expect: 200 });
    assert.equal(rooms.rooms[0].frozen, true);

    const refused = (await call("GET", "/v1/stats")).edits_refused;
    ada.text.insert(ada.text.length, "while frozen. ");
    await api.eventually(async () => (await call("GET", "/v1/stats")).edits_refused > refused, "the edit to be refused");
    const stored = await call("GET", "/v1/rooms/doc-frozen/doc", { query: "?format=text&root=text", expect: 200 });
    assert.equal(await stored.text(), "before. ");
    assert.equal(bob.text.toString(), "before. ");

    const late = await RawClient.open(server, "/parties/main/doc-frozen");
    await late.message((m) => typeof m === "string" && m.includes('"frozen":true'), "a newcomer to be told");

    await call("POST", "/v1/rooms/doc-frozen/unfreeze", { expect: 204 });
    await told.message((m) => m === '{"type":"access_level","level":"edit"}', "to hear of the thaw");
    await bob.textIs("before. while frozen. ");
    told.ws.close();
    late.ws.close();
    await call("POST", "/v1/rooms/no-such-room/freeze", { expect: 404 });
    await call("POST", "/v1/rooms/presence-x/freeze", { query: "?party=presence", expect: 409 });
    ada.destroy();
    bob.destroy();
  });

  it("patches a root with JSON, and clients see it as edits", async () => {
    const [ada, bob] = await pair("doc-patch");
    const meta = ada.doc.getMap("meta");
    meta.set("title", new Y.Text("Plan"));
    meta.set("tags", ["a"]);
    await bob.holds(({ doc }) => doc.getMap("meta").has("tags"), "the map");
    const title = bob.doc.getMap("meta").get("title");
    const patch = (body, query, expect) =>
      call("PATCH", "/v1/rooms/doc-patch/doc", { query, body, type: "application/json-patch+json", expect });
    await patch(
      [
        { op: "test", path: "/tags/0", value: "a" },
        { op: "add", path: "/tags/-", value: "b" },
        { op: "replace", path: "/title", value: "Plan B" },
        { op: "add", path: "/done", value: { by: "api" } },
      ],
      "?root=meta",
      200,
    );
    for (const client of [ada, bob]) {
      await client.holds(({ doc }) => doc.getMap("meta").has("done"), "the patch");
      assert.deepEqual(client.doc.getMap("meta").toJSON(), { title: "Plan B", tags: ["a", "b"], done: { by: "api" } });
    }
    assert.equal(bob.doc.getMap("meta").get("title"), title, "the text was edited, not replaced");
    const problem = await patch(
      [
        { op: "replace", path: "/done/by", value: "me" },
        { op: "remove", path: "/absent" },
      ],
      "?root=meta",
      409,
    );
    assert.equal(problem.pointer, "/1");
    assert.equal(bob.doc.getMap("meta").get("done").by, "api", "nothing of a refused patch is applied");
    await patch([{ op: "add", path: "/0", value: { text: "first" } }], "?root=list&type=array&values=shared", 200);
    await bob.holds(({ doc }) => doc.getArray("list").length === 1, "the array");
    assert.ok(bob.doc.getArray("list").get(0) instanceof Y.Map);
    await patch([{ op: "replace", path: "", value: "Hello" }], "?root=text&type=text", 200);
    await bob.textIs("Hello");
    await patch([], "", 400);
    await call("PATCH", "/v1/rooms/doc-patch/doc", { query: "?root=meta", body: {}, expect: 415 });
    ada.destroy();
    bob.destroy();
  });

  it("tells what each connection has said and heard, and how often the room changes", async () => {
    const [ada, bob] = await pair("doc-numbers");
    for (let i = 0; i < 5; ++i) {
      ada.text.insert(0, "x");
      await bob.textIs("x".repeat(i + 1));
    }
    const room = await call("GET", "/v1/rooms/doc-numbers", { expect: 200 });
    assert.equal(room.persist, "history");
    assert.equal(room.frozen, false);
    assert.ok(room.updates_per_second > 0);
    assert.equal(room.connections.length, 2);
    for (const connection of room.connections) {
      assert.ok(Math.abs(Date.now() - connection.since_ms) < 60_000);
      assert.ok(connection.messages_in >= 2 && connection.messages_out >= 2, JSON.stringify(connection));
    }
    const writer = room.connections.find((connection) => connection.dialect === "y-partykit");
    assert.ok(writer.messages_in >= 7, `${writer.messages_in} messages of the writer`);
    ada.destroy();
    bob.destroy();
  });

  it("stays frozen over a crash", async () => {
    const ada = new Client("y-websocket", server, "doc-ice");
    await ada.synced();
    ada.text.insert(0, "ice");
    await call("POST", "/v1/rooms/doc-ice/freeze", { expect: 204 });
    await server.kill();
    const again = await Server.start({
      dataDir: server.dataDir,
      port: server.port,
      args: ["--set", "auth.mode=none", "--set", "rooms.persist=history"],
      env: { RUNNEL_ADMIN_SECRET: secret },
    });
    again.ownsDir = true;
    server = again;
    api = await AdminApi.of(server, used);
    ({ call } = api);
    const listed = await call("GET", "/v1/rooms", { query: "?contains=doc-ice", expect: 200 });
    assert.equal(listed.rooms[0].frozen, true);
    const told = await RawClient.open(server, "/parties/main/doc-ice");
    await told.message((m) => typeof m === "string" && m.includes('"frozen":true'), "the frozen room after the restart");
    told.ws.close();
    await call("POST", "/v1/rooms/doc-ice/unfreeze", { expect: 204 });
    ada.destroy();
  });
});

describe("the state of the backend", () => {
  let backend;
  let server;
  let api;
  let call;
  let answers = true;
  let stored = 0;
  before(async () => {
    backend = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        if (!answers) {
          response.writeHead(503).end();
        } else if (request.method === "GET") {
          response.writeHead(404).end();
        } else {
          ++stored;
          response.writeHead(200, { "content-type": "application/json" }).end("{}");
        }
      });
    });
    backend.listen(0, "127.0.0.1");
    await once(backend, "listening");
    const url = `http://127.0.0.1:${backend.address().port}`;
    server = await start(`backend.url=${url}`, "backend.secret=shared", "save.interval=1s", "save.debounce=100ms");
    api = await AdminApi.of(server, used);
    ({ call } = api);
  });
  after(async () => {
    await server.stop();
    backend.closeAllConnections();
    backend.close();
  });

  const room = (name) => call("GET", `/v1/rooms/${name}`, { expect: 200 });
  /** Something was written, and the backend has all of it. */
  const saved = ({ backend, log }) => backend.state === "saved" && log.backend_seq > 0 && log.backend_seq === log.last_seq;
  const metric = async (name) => {
    const page = await (await server.http("/metrics")).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1]);
  };

  it("is ok, then unreachable with a lag that grows, then ok again, with nothing left over", async () => {
    const ada = new Client("y-partykit", server, "doc-saved");
    await ada.synced();
    ada.text.insert(0, "saved");
    await api.eventually(async () => saved(await room("doc-saved")), "the first save");
    const calm = await call("GET", "/v1/stats", { expect: 200 });
    assert.equal(calm.backend_kind, "http");
    assert.equal(calm.backend, "ok");
    assert.ok(calm.backend_saves >= 1 && stored >= 1);
    assert.equal(await metric("runnel_backend_up"), 1);

    answers = false;
    ada.text.insert(0, "not ");
    await api.eventually(async () => (await call("GET", "/v1/stats")).backend === "unreachable", "the outage");
    await api.eventually(async () => (await call("GET", "/v1/stats")).backend_oldest_ms > 500, "the lag to grow");
    const outage = await call("GET", "/v1/stats");
    assert.equal(outage.backend_waiting, 1);
    assert.ok(outage.backend_failures >= 1);
    assert.equal(await metric("runnel_backend_up"), 0);
    assert.ok((await metric("runnel_backend_oldest_wait_seconds")) > 0.5);
    const behind = await room("doc-saved");
    assert.equal(behind.backend.state, "failing");
    assert.ok(behind.backend.lag_ms > 500);
    assert.match(behind.backend.last_error, /503/);
    assert.ok(behind.log.backend_seq < behind.log.last_seq, "the backend lacks the last position");

    answers = true;
    await api.eventually(async () => saved(await room("doc-saved")), "the next save");
    const after = await room("doc-saved");
    assert.equal(after.log.backend_seq, after.log.last_seq);
    assert.equal(after.backend.lag_ms, 0);
    const well = await call("GET", "/v1/stats");
    assert.equal(well.backend, "ok");
    assert.equal(well.backend_waiting, 0);
    ada.destroy();
  });

  it("is unconfigured without an address", async () => {
    const bare = await start("backend.kind=http");
    const { call: ask } = await AdminApi.of(bare, used);
    assert.equal((await ask("GET", "/v1/stats", { expect: 200 })).backend, "unconfigured");
    await bare.stop();
  });

  it("every metric of the Grafana dashboard exists", async () => {
    const page = await (await server.http("/metrics")).text();
    const exported = new Set([...page.matchAll(/^([a-z]\w+)[ {]/gm)].map((found) => found[1]));
    const dashboard = readFileSync(new URL("../../docs/grafana/runnel.json", import.meta.url), "utf8");
    const wanted = new Set(dashboard.match(/\b(runnel|process)_[a-z0-9_]+/g));
    assert.ok(wanted.size >= 10, "the dashboard shows something");
    assert.deepEqual([...wanted].filter((name) => !exported.has(name)), []);
  });
});

describe("draining", () => {
  let backend;
  const stored = new Map();
  before(async () => {
    backend = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        const room = new URL(request.url, "http://backend").searchParams.get("roomId");
        if (request.method === "GET") {
          response.writeHead(404).end();
        } else {
          stored.set(room, Buffer.concat(parts));
          response.writeHead(200, { "content-type": "application/json" }).end("{}");
        }
      });
    });
    backend.listen(0, "127.0.0.1");
    await once(backend, "listening");
  });
  after(() => {
    backend.closeAllConnections();
    backend.close();
  });

  it("sends clients away bit by bit, saves everything, and loses nothing", async () => {
    const settings = [`backend.url=http://127.0.0.1:${backend.address().port}`, "backend.secret=shared"];
    let server = await start(...settings);
    const api = await AdminApi.of(server, used);
    const { call } = api;
    assert.equal((await call("GET", "/v1/drain", { expect: 200 })).state, "serving");
    const clients = ["doc-drain-1", "doc-drain-2"].flatMap((room) => [
      new Client("y-partykit", server, room),
      new Client("y-websocket", server, room),
    ]);
    await Promise.all(clients.map((client) => client.synced()));
    clients[0].text.insert(0, "typed before");
    clients[2].text.insert(0, "typed before");
    await Promise.all(clients.map((client) => client.textIs("typed before")));
    const raws = await Promise.all([1, 2, 3, 4].map((n) => RawClient.open(server, `/parties/main/doc-drain-${n}`)));
    const began = performance.now();
    const closes = Promise.all(raws.map(async (raw) => ({ ...(await raw.closeEvent()), at: performance.now() - began })));

    const progress = await call("POST", "/v1/drain", { body: { over_ms: 1500 }, expect: 202 });
    assert.equal(progress.state, "draining");
    clients[1].text.insert(0, "typed while draining, ");
    clients[3].text.insert(0, "typed while draining, ");
    const refused = await refusal(server, "/parties/main/doc-new");
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers["retry-after"]) >= 1);
    const ready = await server.http("/readyz");
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /draining/);
    await call("POST", "/v1/drain", { body: { over_ms: -1 }, expect: 400 });

    const gone = await closes;
    assert.deepEqual([...new Set(gone.map((close) => close.code))], [1012]);
    const times = gone.map((close) => close.at).sort((a, b) => a - b);
    assert.ok(times.at(-1) - times[0] > 300, `closed at ${times.map(Math.round)} ms: not spread`);
    let done;
    await api.eventually(async () => {
      done = await call("GET", "/v1/drain", { expect: 200 });
      return done.state === "drained" && done.saves_waiting === 0;
    }, "the drain to end and the backend to have everything");
    assert.deepEqual([done.connections, done.rooms], [0, 0]);
    for (const room of ["doc-drain-1", "doc-drain-2"]) assert.match(textIn(stored.get(room)), /typed before/);
    await call("GET", "/v1/rooms/doc-drain-1", { expect: 503 });

    const { code, tookMs } = await server.terminate();
    assert.equal(code, 0);
    assert.ok(tookMs < 5000, `the exit took ${Math.round(tookMs)} ms`);
    const { dataDir, port } = server;
    server = await Server.start({
      dataDir,
      port,
      args: ["--set", "auth.mode=none", ...settings.flatMap((setting) => ["--set", setting])],
    });
    server.ownsDir = true;
    await Promise.all(clients.map((client) => client.textIs("typed while draining, typed before")));
    clients.forEach((client) => client.destroy());
    await server.stop();
  });
});

describe("a drain that is taken back", () => {
  it("lets those stay who are still there, and opens rooms again, under way and when it was over", async () => {
    const server = await start();
    const api = await AdminApi.of(server, used);
    const { call } = api;
    assert.equal((await call("POST", "/v1/undrain", { expect: 200 })).state, "serving");
    const client = new Client("y-partykit", server, "doc-undrain-1");
    await client.synced();
    const staying = await RawClient.open(server, "/parties/main/doc-undrain-1");

    await call("POST", "/v1/drain", { body: { over_ms: 3_600_000 }, expect: 202 });
    assert.equal((await refusal(server, "/parties/main/doc-undrain-2")).status, 503);
    assert.equal((await call("POST", "/v1/undrain", { expect: 200 })).state, "serving");
    assert.equal((await server.http("/readyz")).status, 200);
    const another = new Client("y-websocket", server, "doc-undrain-2");
    await another.synced();
    client.text.insert(0, "typed after it");
    await staying.message((m) => Buffer.isBuffer(m) && m.includes("typed after it"), "the edit");
    assert.equal(client.provider.wsconnected, true);

    const drained = () => api.eventually(async () => (await call("GET", "/v1/drain", { expect: 200 })).state === "drained", "the drain to end");
    const closed = staying.closeEvent();
    await call("POST", "/v1/drain", { body: {}, expect: 202 });
    assert.equal((await closed).code, 1012);
    await drained();
    await call("POST", "/v1/undrain", { expect: 200 });
    const later = new Client("y-websocket", server, "doc-undrain-1");
    await later.textIs("typed after it");
    // Those who were sent away dial again by themselves.
    await Promise.all([client.synced(), another.synced()]);
    later.text.insert(0, "and ");
    await client.textIs("and typed after it");

    // A drain after that is one like any other.
    await call("POST", "/v1/drain", { body: {}, expect: 202 });
    await drained();
    [client, another, later].forEach((each) => each.destroy());
    await server.stop();
  });
});

describe("the specification", () => {
  it("has no operation that was not called here", async () => {
    const spec = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
    used.add("openapi");
    const all = Object.values(spec.paths).flatMap((path) =>
      Object.values(path).flatMap((operation) => (operation.operationId ? [operation.operationId] : [])),
    );
    assert.deepEqual(all.filter((id) => !used.has(id)), []);
  });
});
