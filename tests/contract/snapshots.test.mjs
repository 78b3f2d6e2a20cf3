// CONTRACT tests 5, 6, 8, 9, 11 to 13 and 17: loading and saving, whatever the backend does.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as Y from "../e2e/harness/yjs.mjs";
import { Client } from "../e2e/harness/clients.mjs";
import { RawClient } from "../e2e/harness/raw.mjs";
import { binary, Server } from "../e2e/harness/server.mjs";
import { providerEvents, until } from "../e2e/harness/until.mjs";
import { Backend, clockPasses, Marker } from "./backend.mjs";

const quick = ["--set", "auth.recheck_interval=1h", "--set", "save.interval=1s", "--set", "save.disconnect_debounce=1s",
  "--set", "backend.timeout=1s", "--set", "backend.snapshot_timeout=3s", "--set", "rooms.linger=500ms"];

const documentOf = (text, clientID) => {
  const doc = new Y.Doc();
  if (clientID) doc.clientID = clientID;
  doc.getText("text").insert(0, text);
  return doc;
};

function textOf(bytes) {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, bytes);
  return doc.getText("text").toString();
}

let tokens = 0;
async function dial(backend, server, room, options = {}) {
  const token = await backend.token(`t-${++tokens}`, room, { userId: `u${tokens}` });
  return new Client(options.dialect ?? "y-partykit", server, room, { params: { token }, ...options });
}

async function watch(backend, server, room) {
  const token = await backend.token(`t-${++tokens}`, room, { userId: `u${tokens}` });
  return RawClient.open(server, `/parties/main/${room}?_pk=w${tokens}&token=${token}`);
}

describe("snapshots", () => {
  let backend, server, marker;
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args: quick, env: backend.env });
    const client = await dial(backend, server, "doc-marker");
    await client.synced();
    marker = new Marker(backend, client, "doc-marker");
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("6: V1 and V2 snapshots are content, 404 is empty", async () => {
    await backend.store("doc-v1", Y.encodeStateAsUpdate(documentOf("from V1")));
    await backend.store("doc-v2", Y.encodeStateAsUpdateV2(documentOf("from V2")));
    for (const [room, text] of [["doc-v1", "from V1"], ["doc-v2", "from V2"], ["doc-none", ""]]) {
      const client = await dial(backend, server, room);
      await client.synced();
      await client.textIs(text);
      client.destroy();
    }
  });

  const bodies = {
    "a truncated V1 snapshot": () => Buffer.from(Y.encodeStateAsUpdate(documentOf("cut off"))).subarray(0, 12),
    "random bytes": () => Buffer.from("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "hex"),
    "nothing at all": () => Buffer.alloc(0),
    "V1 bytes behind a zero": () => Buffer.concat([Buffer.from([0]), Y.encodeStateAsUpdate(documentOf("x"))]),
  };
  for (const [name, make] of Object.entries(bodies)) {
    it(`6: a body that is ${name} is unknown: nobody gets an empty document, nothing is overwritten`, async () => {
      const room = `doc-bad-${Object.keys(bodies).indexOf(name)}`;
      const good = Y.encodeStateAsUpdate(documentOf("the real document"));
      await backend.store(room, make());
      const client = await dial(backend, server, room);
      const raw = await watch(backend, server, room);
      assert.equal((await raw.control("service_status")).available, false);
      client.text.insert(0, "typed meanwhile; ");
      // The watcher is sent the edit, so the server has it, and the client its own SyncStep1 long before.
      await raw.message((m) => Buffer.isBuffer(m) && m.includes("typed meanwhile"), "the edit");
      assert.equal(client.provider.synced, false, "SyncStep2 is withheld");
      await marker.saves();
      assert.equal(backend.count("snapshot:POST", room), 0);
      await backend.store(room, good);
      await client.synced(40_000);
      await client.holds((c) => c.text.toString().includes("the real document"), "the real document");
      // A request is counted when it arrives and stored when its body has been read.
      await backend.until(() => textOf(backend.stored(room)).includes("typed meanwhile"), "the save of both");
      assert.ok(textOf(backend.stored(room)).includes("the real document"));
      client.destroy();
      raw.ws.terminate();
    });
  }

  for (const fault of [{ status: 500 }, { hang: true }, { reset: true }]) {
    it(`5: while a load ends as ${JSON.stringify(fault)} no POST leaves, clients are told, and it resolves by itself`, async () => {
      const room = `doc-load-${Object.keys(fault)[0]}`;
      await backend.store(room, Y.encodeStateAsUpdate(documentOf("kept")));
      await backend.faults({ [`snapshot:GET ${room}`]: fault });
      const raw = await watch(backend, server, room);
      const status = await raw.control("service_status");
      assert.equal(status.available, false);
      const client = await dial(backend, server, room);
      client.text.insert(0, "new ");
      await raw.message((m) => Buffer.isBuffer(m) && m.includes("new "), "the edit");
      await marker.saves();
      assert.equal(backend.count("snapshot:POST", room), 0);
      // One that hangs is given up after backend.snapshot_timeout, which is less than the default here.
      await backend.until(() => backend.count("snapshot:GET", room) >= 2, "a second load", 9000);
      await backend.faults({});
      await client.synced(40_000);
      await client.holds((c) => c.text.toString().includes("kept"), "the stored text");
      await backend.until(() => backend.stored(room) && textOf(backend.stored(room)).includes("new "), "the save");
      assert.ok(textOf(backend.stored(room)).includes("kept"));
      client.destroy();
      raw.ws.terminate();
    });
  }

  it("9: an occupied room is saved each interval, only if it changed, a deletion included", async () => {
    const client = await dial(backend, server, "doc-interval");
    await client.synced();
    const saves = () => backend.count("snapshot:POST", "doc-interval");
    client.text.insert(0, "hello");
    await backend.until(() => saves() === 1, "the first save");
    await marker.saves();
    assert.equal(saves(), 1, "nothing changed");
    client.text.delete(0, 5);
    await backend.until(() => textOf(backend.stored("doc-interval")) === "", "the save of the deletion");
    assert.equal(saves(), 2);
    client.destroy();
  });

  it("9b: a save carries version, state vector, encoding and digest, and clients hear of it", async () => {
    const raw = await watch(backend, server, "doc-headers");
    const client = await dial(backend, server, "doc-headers");
    await client.synced();
    client.text.insert(0, "hello");
    const complete = await raw.control("sync_complete");
    const { headers } = backend.requests.find((r) => r.route === "snapshot:POST" && r.query.roomId === "doc-headers");
    assert.equal(Number(headers["x-snapshot-version"]), complete.snapshotVersion);
    assert.equal(headers["x-snapshot-encoding"], "v1");
    assert.equal(headers["x-room-id"], "doc-headers");
    assert.match(headers["x-snapshot-digest"], /^sha-256=/);
    assert.deepEqual(Buffer.from(headers["x-snapshot-state-vector"], "base64"), Buffer.from(Y.encodeStateVector(client.doc)));
    client.destroy();
    raw.ws.terminate();
  });

  it("9c: a document that nobody typed into is not saved", async () => {
    const client = await dial(backend, server, "doc-empty");
    await client.synced();
    await marker.saves();
    client.destroy();
    await marker.saves(); // longer than the debounce after the last leave
    assert.equal(backend.count("snapshot:POST", "doc-empty"), 0);
  });

  it("ack tells what is received, durable and with the backend", async () => {
    const raw = await watch(backend, server, "doc-ack");
    const update = Y.encodeStateAsUpdate(documentOf("acknowledged"));
    await backend.faults({ "snapshot:POST doc-ack": { status: 503 } });
    raw.ws.send(Buffer.concat([Buffer.of(0, 2, update.length), update]));
    const acked = (wanted) => raw.message((m) => typeof m === "string" && m === JSON.stringify({ type: "ack", ...wanted }), `ack ${JSON.stringify(wanted)}; got ${raw.messages.filter((m) => typeof m === "string").join(" ")}`);
    await acked({ received: 1, durable: 1, backend: 0 });
    await raw.message((m) => typeof m === "string" && m.includes("PERSIST_FAILED"), "PERSIST_FAILED");
    await backend.faults({});
    await acked({ received: 1, durable: 1, backend: 1 });
    assert.equal(textOf(backend.stored("doc-ack")), "acknowledged");
    raw.ws.terminate();
  });

  it("11b: a 413 of the backend: told once, not asked again with the same bytes, sent again when it shrinks", async () => {
    const room = "doc-413";
    await backend.faults({ [`snapshot:POST ${room}`]: { status: 413 } });
    const raw = await watch(backend, server, room);
    const client = await dial(backend, server, room);
    await client.synced();
    client.text.insert(0, "z".repeat(50_000));
    await raw.message((m) => typeof m === "string" && m.includes("PERSIST_FAILED"), "PERSIST_FAILED");
    await marker.saves(3);
    assert.equal(backend.count("snapshot:POST", room), 1);
    await raw.roundTrip();
    assert.equal(raw.messages.filter((m) => typeof m === "string" && m.includes("PERSIST_FAILED")).length, 1);
    await backend.faults({});
    client.text.delete(0, 49_000);
    await backend.until(() => backend.stored(room) !== null, "the smaller snapshot");
    assert.equal(textOf(backend.stored(room)).length, 1000);
    client.destroy();
    raw.ws.terminate();
  });

  it("13: a first sync of 5 MB in chunks arrives and is saved", async () => {
    const doc = documentOf("x".repeat(5_000_000));
    const client = await dial(backend, server, "doc-large", { doc });
    await client.synced();
    await backend.until(() => backend.stored("doc-large") !== null, "the save");
    assert.equal(textOf(backend.stored("doc-large")).length, 5_000_000);
    client.destroy();
  });

  it("11: a snapshot over 20 MiB stays here, is reported, and loses nothing", async () => {
    const raw = await watch(backend, server, "doc-huge");
    const client = await dial(backend, server, "doc-huge", { doc: documentOf("y".repeat(21 * 1024 * 1024)) });
    await client.synced(60_000);
    const failed = await raw.message((m) => typeof m === "string" && m.includes("PERSIST_FAILED"), "PERSIST_FAILED");
    assert.ok(failed);
    assert.equal(backend.stored("doc-huge"), null);
    const reader = await dial(backend, server, "doc-huge");
    await reader.holds((c) => c.text.length === 21 * 1024 * 1024, "all 21 MiB", 60_000);
    client.destroy();
    reader.destroy();
    raw.ws.terminate();
  });
});

describe("8: the save after the last leave", () => {
  let backend, server;
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({
      args: [...quick, "--set", "save.interval=1h", "--set", "save.disconnect_debounce=2s", "--set", "rooms.linger=30s"],
      env: backend.env,
    });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  /** The save after the last leave of a room that is left now: two seconds later, as of any room. */
  const anotherLeave = async (room) => {
    const client = await dial(backend, server, room);
    await client.synced();
    client.text.insert(0, "left");
    client.provider.disconnect();
    await backend.until(() => backend.count("snapshot:POST", room) === 1, `the save of ${room}`);
    client.destroy();
  };

  it("a return just before the debounce cancels it; just after, there is exactly one POST", async () => {
    const first = await dial(backend, server, "doc-leave");
    await first.synced();
    first.text.insert(0, "hello");
    const reader = await dial(backend, server, "doc-leave");
    await reader.textIs("hello");
    reader.destroy();
    first.destroy();
    await clockPasses(Date.now() + 1700);
    const back = await dial(backend, server, "doc-leave");
    await back.synced();
    await anotherLeave("doc-leave-2");
    assert.equal(backend.count("snapshot:POST", "doc-leave"), 0);
    back.destroy();
    await backend.until(() => backend.count("snapshot:POST", "doc-leave") === 1, "the save after the leave");
    await anotherLeave("doc-leave-3");
    assert.equal(backend.count("snapshot:POST", "doc-leave"), 1);
  });

  it("SIGTERM saves what has changed before the exit", async () => {
    const client = await dial(backend, server, "doc-term");
    await client.synced();
    client.text.insert(0, "last words");
    const reader = await dial(backend, server, "doc-term");
    await reader.textIs("last words");
    const { tookMs } = await server.terminate();
    assert.ok(tookMs < 10_000);
    assert.equal(textOf(backend.stored("doc-term")), "last words");
    client.destroy();
    reader.destroy();
  });
});

describe("before eviction", () => {
  it("a room that leaves memory is saved first, whatever the interval", async () => {
    const backend = await Backend.start();
    const args = [...quick, "--set", "save.interval=1h", "--set", "save.disconnect_debounce=1h"];
    const server = await Server.start({ args, env: backend.env });
    const client = await dial(backend, server, "doc-evict");
    await client.synced();
    client.text.insert(0, "put away");
    client.provider.disconnect();
    await backend.until(() => backend.stored("doc-evict") !== null, "the save");
    assert.equal(textOf(backend.stored("doc-evict")), "put away");
    client.destroy();
    await server.stop();
    await backend.stop();
  });
});

describe("a log that no backend has heard of", () => {
  it("what was imported without the server is saved by the next one, though nobody opens the room", async () => {
    const backend = await Backend.start();
    const dataDir = mkdtempSync(join(tmpdir(), "runnel-import-"));
    writeFileSync(join(dataDir, "state"), Y.encodeStateAsUpdate(documentOf("imported ")));
    const run = (...args) => execFileSync(binary, [...args, "--data", dataDir], { stdio: "pipe" });
    run("rooms", "import", "doc-imported", join(dataDir, "state"));
    await backend.store("doc-imported", Y.encodeStateAsUpdate(documentOf("stored ")));
    const server = await Server.start({ dataDir, args: quick, env: backend.env });
    const saved = () => textOf(backend.stored("doc-imported"));
    await backend.until(() => saved().includes("imported ") && saved().includes("stored "), "the save of both");
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
    await backend.stop();
  });
});

describe("17: an outage with a restart in the middle", () => {
  it("the outbox goes on, nothing is lost, versions only grow, PERSIST_FAILED comes once", async () => {
    const backend = await Backend.start();
    let server = await Server.start({ args: quick, env: backend.env });
    const { dataDir } = server;
    server.ownsDir = false;
    try {
      const raw = await watch(backend, server, "doc-outage");
      const client = await dial(backend, server, "doc-outage");
      await client.synced();
      client.text.insert(0, "one ");
      const { snapshotVersion: before } = await raw.control("sync_complete");
      await backend.faults({ "snapshot:POST": { status: 503 } });
      const posts = backend.count("snapshot:POST");
      client.text.insert(4, "two ");
      await raw.message((m) => typeof m === "string" && m.includes("PERSIST_FAILED"), "PERSIST_FAILED");
      await backend.until(() => backend.count("snapshot:POST") >= posts + 3, "three attempts");
      await raw.roundTrip();
      assert.equal(raw.messages.filter((m) => typeof m === "string" && m.includes("PERSIST_FAILED")).length, 1);
      await backend.kill();
      client.destroy();
      await server.kill();

      server = await Server.start({ dataDir, args: quick, env: backend.env });
      await server.logs(/a save did not reach the backend/);
      backend.state.faults = {};
      await backend.launch();
      await backend.until(() => backend.stored("doc-outage") && textOf(backend.stored("doc-outage")) === "one two ", "the save, though nobody opens the room", 60_000);
      const versions = backend.requests.filter((r) => r.route === "snapshot:POST").map((r) => Number(r.headers["x-snapshot-version"]));
      assert.ok(versions.at(-1) > before);
      assert.deepEqual(versions, [...versions].sort((a, b) => a - b));
    } finally {
      await server.stop();
      await backend.stop();
      server.ownsDir = true;
      await server.stop();
    }
  });
});

describe("without url or secret", () => {
  it("the server starts, says so, collaborates, and saves once it is configured", async () => {
    const backend = await Backend.start();
    const first = await Server.start({ args: ["--set", "auth.mode=none", "--set", "backend.kind=http", ...quick] });
    first.ownsDir = false;
    let second;
    try {
      assert.match(first.log, /backend/);
      const ready = await first.http("/readyz");
      assert.match(await ready.text(), /backend/);
      const a = new Client("y-partykit", first, "doc-late-config");
      const b = new Client("y-websocket", first, "doc-late-config");
      a.text.insert(0, "hello");
      await b.textIs("hello");
      a.destroy();
      b.destroy();
      await first.terminate();
      second = await Server.start({ dataDir: first.dataDir, args: ["--set", "auth.mode=none", ...quick], env: backend.env });
      await backend.until(() => backend.stored("doc-late-config") !== null, "the save that waited", 30_000);
      assert.equal(textOf(backend.stored("doc-late-config")), "hello");
    } finally {
      await second?.stop();
      first.ownsDir = true;
      await first.stop();
      await backend.stop();
    }
  });
});

describe("without the secret alone", () => {
  it("the same: /readyz and the log name it, nothing is sent before it is configured", async () => {
    const backend = await Backend.start();
    const server = await Server.start({ args: [...quick, "--set", "auth.mode=none"], env: { CONVEX_SITE_URL: backend.url } });
    const ready = await server.http("/readyz");
    assert.match(await ready.text(), /backend\.secret is not set/);
    assert.match(server.log, /backend\.secret is not set/);
    const client = new Client("y-partykit", server, "doc-no-secret");
    client.text.insert(0, "kept in the log");
    await until(() => client.provider.wsconnected, [providerEvents(client.provider)], "the client to be let in");
    await server.terminate();
    assert.equal(backend.requests.length, 0);
    const again = await Server.start({ dataDir: server.dataDir, args: [...quick, "--set", "auth.mode=none"], env: backend.env });
    await backend.until(() => backend.stored("doc-no-secret") !== null, "the save that waited", 30_000);
    client.destroy();
    await again.stop();
    await server.stop();
    await backend.stop();
  });
});

describe("12: two servers in front of one backend", () => {
  it("the one that is behind merges and neither loses", async () => {
    const backend = await Backend.start({ etags: true });
    const servers = [await Server.start({ args: quick, env: backend.env }), await Server.start({ args: quick, env: backend.env })];
    try {
      const clients = await Promise.all(servers.map((server) => dial(backend, server, "doc-two")));
      await Promise.all(clients.map((client) => client.synced()));
      clients[0].text.insert(0, "left ");
      await backend.until(() => backend.stored("doc-two") !== null, "the first save");
      clients[1].text.insert(0, "right ");
      await backend.until(() => {
        const text = backend.stored("doc-two") ? textOf(backend.stored("doc-two")) : "";
        return text.includes("left ") && text.includes("right ");
      }, "a snapshot with both");
      await clients[1].holds((c) => c.text.toString().includes("left "), "what the other server had saved");
      clients.forEach((client) => client.destroy());
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
      await backend.stop();
    }
  });
});
