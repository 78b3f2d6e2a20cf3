// A room is deleted while a save of it waits for the backend: that save is never sent, neither by this
// process nor by the next one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { refusal } from "../e2e/harness/raw.mjs";
import { binary, Server } from "../e2e/harness/server.mjs";
import { Backend, Marker } from "./backend.mjs";

const admin = "admin-secret-of-deletion";
// One loop, so that the save of one room tells that the outbox of the other had its turn.
const args = ["--set", "auth.mode=none", "--set", "server.loops=1", "--set", "save.interval=300ms",
  "--set", "save.disconnect_debounce=300ms", "--set", "backend.timeout=1s", "--set", "rooms.linger=300ms"];

describe("a deleted room", () => {
  let backend, server, dataDir;
  const env = () => ({ ...backend.env, RUNNEL_ADMIN_SECRET: admin });
  const posts = (room) => backend.count("snapshot:POST", room);
  const remove = (room) => server.http(`/v1/rooms/${room}`, { method: "DELETE", headers: { authorization: `Bearer ${admin}` } });

  /** A client has typed into the room, and the backend has refused to save it at least once. */
  const waiting = async (room) => {
    const client = new Client("y-partykit", server, room);
    await client.synced();
    client.text.insert(0, `content of ${room}`);
    await backend.until(() => posts(room) > 0, "a save that fails");
    return client;
  };
  /**
   * The backend is well, and everything that waited has had its turn: the outbox brings rooms back
   * within two seconds after an outage, and these ten saves are 300 ms apart.
   */
  const backendIsBack = async (marker) => {
    await backend.faults({});
    const client = new Client("y-partykit", server, marker);
    await client.synced();
    await new Marker(backend, client, marker).saves(10);
    client.destroy();
  };
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args, env: env() });
    dataDir = server.dataDir;
    server.ownsDir = false;
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("DELETE /v1/rooms/{id}: the save that waits is dropped, the kept room's is sent", async () => {
    await backend.faults({ "snapshot:POST": { status: 503 } });
    const kept = await waiting("doc-kept");
    const gone = await waiting("doc-gone");
    assert.equal((await remove("doc-gone")).status, 204);
    const sent = posts("doc-gone");
    assert.equal((await refusal(server, "/parties/main/doc-gone?_pk=x")).status, 410);
    await backendIsBack("doc-marker-1");
    await backend.until(() => backend.stored("doc-kept") !== null, "the save of the kept room");
    assert.equal(posts("doc-gone"), sent);
    assert.equal(backend.stored("doc-gone"), null);
    kept.destroy();
    gone.destroy();
  });

  it("nor does a restart send it, and a room that was deleted after its last client left is no different", async () => {
    await backend.faults({ "snapshot:POST": { status: 503 } });
    const left = await waiting("doc-left");
    left.destroy();
    const kept = await waiting("doc-kept-2");
    assert.equal((await remove("doc-left")).status, 204);
    const sent = posts("doc-left");
    kept.destroy();
    await server.kill();
    server = await Server.start({ dataDir, args, env: env() });
    await backendIsBack("doc-marker-2");
    await backend.until(() => backend.stored("doc-kept-2") !== null, "the save of the kept room", 60_000);
    assert.equal(posts("doc-left"), sent);
    assert.equal(backend.stored("doc-left"), null);
    assert.equal(backend.stored("doc-gone"), null);
  });

  it("`runnel rooms rm` does the same, through the server and without one", async () => {
    const rm = (room) => execFileSync(binary, ["rooms", "rm", room, "--data", dataDir], { encoding: "utf8" });
    await backend.faults({ "snapshot:POST": { status: 503 } });
    const online = await waiting("doc-rm-online");
    const offline = await waiting("doc-rm-offline");
    const kept = await waiting("doc-kept-3");
    rm("doc-rm-online");
    for (const client of [online, offline, kept]) client.destroy();
    await server.kill();
    rm("doc-rm-offline");
    const before = [posts("doc-rm-online"), posts("doc-rm-offline")];
    server = await Server.start({ dataDir, args, env: env() });
    await backendIsBack("doc-marker-3");
    await backend.until(() => backend.stored("doc-kept-3") !== null, "the save of the kept room", 60_000);
    assert.deepEqual([posts("doc-rm-online"), posts("doc-rm-offline")], before);
    assert.equal(backend.stored("doc-rm-online"), null);
    assert.equal(backend.stored("doc-rm-offline"), null);
  });
});
