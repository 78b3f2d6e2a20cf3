// Every outcome of a load, with and without a log of the room's own: whatever was in the backend, in
// the log or typed meanwhile is in the backend and with the clients at the end. No cell loses bytes.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { Server } from "../e2e/harness/server.mjs";
import * as Y from "../e2e/harness/yjs.mjs";
import { polled } from "../e2e/harness/until.mjs";
import { Backend, Marker } from "./backend.mjs";

const args = ["--set", "auth.mode=none", "--set", "save.interval=1s", "--set", "save.disconnect_debounce=300ms",
  "--set", "backend.timeout=1s", "--set", "rooms.linger=300ms"];

const stateOf = (text) => {
  const doc = new Y.Doc();
  doc.getText("text").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};
const toV2 = (bytes) => Y.convertUpdateFormatV1ToV2(bytes);
const textOf = (bytes) => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, bytes);
  return doc.getText("text").toString();
};

// What GET /collaboration/snapshot does at first; `remote` says whether the backend has content.
const loads = {
  "content in V1": { remote: true },
  "content in V2": { remote: true, v2: true },
  "404": { remote: false },
  "204": { remote: false, fault: { status: 204 } },
  "slow content": { remote: true, body: { slowMs: 2000 } },
  "500": { remote: true, fault: { status: 500 } },
  "401": { remote: true, fault: { status: 401 } },
  "413": { remote: true, fault: { status: 413 } },
  "429": { remote: true, fault: { status: 429, headers: { "retry-after": "1" } } },
  "200 with nothing": { remote: true, fault: { body: "" } },
  "200 with garbage": { remote: true, fault: { body: Buffer.from("<html>Bad gateway</html>").toString("base64") } },
  "a transfer cut off": { remote: true, body: { truncate: true } },
  "a hanging backend": { remote: true, fault: { hang: true } },
  "a connection reset": { remote: true, fault: { reset: true } },
};

const cells = Object.keys(loads).flatMap((load, index) =>
  [false, true].map((local) => ({ load, local, room: `doc-${index}-${local ? "log" : "fresh"}` })));

describe("load outcome x local log", () => {
  const admin = "admin-secret-of-the-matrix";
  let backend, server;
  const last = new Map();

  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args, env: { ...backend.env, RUNNEL_ADMIN_SECRET: admin } });
    // Rooms with a log of their own, made while the backend was well and had nothing.
    await Promise.all(cells.filter((cell) => cell.local).map(async ({ room }) => {
      const client = new Client("y-partykit", server, room);
      await client.synced();
      client.text.insert(0, "local ");
      await backend.until(() => backend.stored(room) !== null, `${room} to be saved`);
      client.destroy();
    }));
    const live = async () => (await (await server.http("/v1/stats", { headers: { authorization: `Bearer ${admin}` } })).json()).rooms_live;
    await polled(async () => (await live()) === 0, "the rooms to leave memory");
    const faults = {};
    for (const { load, local, room } of cells) {
      const { remote, v2, fault, body } = loads[load];
      if (remote) {
        const bytes = Y.mergeUpdates([stateOf("remote "), ...(local ? [backend.stored(room)] : [])]);
        await backend.store(room, v2 ? toV2(bytes) : bytes);
      } else if (local) {
        delete backend.state.snapshots[room]; // the backend has forgotten it
      }
      if (fault) faults[`snapshot:GET ${room}`] = fault;
      if (body) faults[`loadBody ${room}`] = body;
    }
    await backend.kill();
    backend.state.faults = faults;
    await backend.launch();

    await Promise.all(cells.map(async ({ room }) => {
      const client = new Client("y-websocket", server, room);
      client.text.insert(0, "typed ");
      last.set(room, client);
    }));
    const marker = new Client("y-websocket", server, "doc-marker");
    last.set("doc-marker", marker);
    await marker.synced();
    await backend.until(() => cells.every(({ room }) => backend.count("snapshot:GET", room) > (room.endsWith("log") ? 1 : 0)), "every room to be loaded");
    await new Marker(backend, marker, "doc-marker").saves(5);
  });
  after(async () => {
    last.forEach((client) => client.destroy());
    await server?.stop();
    await backend?.stop();
  });

  it("while unknown nothing is saved over what the backend has", () => {
    for (const { load, local, room } of cells) {
      if (!loads[load].remote) continue;
      const stored = backend.stored(room);
      const text = loads[load].v2 && backend.count("snapshot:POST", room) === (local ? 1 : 0) ? "remote " : textOf(stored);
      assert.ok(text.includes("remote "), `${load}, ${local ? "with" : "without"} a log: the backend has ${JSON.stringify(text)}`);
    }
  });

  for (const cell of cells) {
    it(`${cell.load}, ${cell.local ? "with" : "without"} a log: everything is there at the end`, async () => {
      await backend.faults({});
      const { room, local, load } = cell;
      const expected = ["typed ", ...(local ? ["local "] : []), ...(loads[load].remote ? ["remote "] : [])];
      const all = (text) => expected.every((word) => text.includes(word));
      await last.get(room).holds((c) => all(c.text.toString()), expected.join(), 80_000);
      const stored = () => (backend.stored(room) && backend.count("snapshot:POST", room) > 0 ? textOf(backend.stored(room)) : "");
      await backend.until(() => all(stored()), `the backend to have ${expected.join()}, it has ${JSON.stringify(stored())}`, 80_000);
    });
  }
});
