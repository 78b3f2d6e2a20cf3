// The main job: people in one document, each with another stock provider.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Y from "yjs";
import { dialectNames, sameState } from "./harness/clients.mjs";
import { gathering } from "./harness/gathering.mjs";

const pairs = dialectNames.flatMap((a) => dialectNames.map((b) => [a, b]));

describe("two clients in one document", () => {
  const { join } = gathering();

  for (const [left, right] of pairs) {
    it(`${left} and ${right} see each other's edits`, async () => {
      const room = `pair-${left}-${right}`;
      const a = join(left, room);
      const b = join(right, room);
      await Promise.all([a.synced(), b.synced()]);
      a.text.insert(0, "from the left ");
      await b.textIs("from the left ");
      b.text.insert(b.text.length, "from the right 😀");
      await a.textIs("from the left from the right 😀");
      a.text.delete(0, 5);
      await b.textIs("the left from the right 😀");
      assert.ok(sameState(a.doc, b.doc));
    });

    it(`${right} joins late and gets what ${left} wrote; edits made offline merge on return`, async () => {
      const room = `late-${left}-${right}`;
      const a = join(left, room);
      await a.synced();
      a.text.insert(0, "early ");
      a.doc.getMap("map").set("n", 1);
      const b = join(right, room);
      await b.textIs("early ");
      await b.holds(({ doc }) => doc.getMap("map").get("n") === 1, "the map's entry");
      b.provider.disconnect();
      await b.disconnected();
      b.text.insert(b.text.length, "offline-right ");
      a.text.insert(0, "online-left ");
      b.provider.connect();
      await b.holds(({ text }) => text.toString().includes("online-left"), "the other's edit");
      await a.holds(({ text }) => text.toString().includes("offline-right"), "the edit made offline");
      assert.ok(sameState(a.doc, b.doc));
    });
  }

  it("all four dialects share a room at once", async () => {
    const all = dialectNames.map((dialect) => join(dialect, "everybody"));
    await Promise.all(all.map((client) => client.synced()));
    all.forEach((client, i) => client.doc.getArray("list").push([i]));
    await Promise.all(all.map((client) => client.holds(({ doc }) => doc.getArray("list").length === 4, "four entries")));
    for (const client of all) assert.ok(sameState(client.doc, all[0].doc));
  });

  it("a client that asks for a subprotocol gets the first one that it offers", async () => {
    const a = join("y-websocket", "subprotocol", { protocols: ["app.v2", "app.v1"] });
    await a.synced();
    assert.equal(a.socket.protocol, "app.v2");
  });

  it("/party/x, /parties/main/x and /yjs/x are one room", async () => {
    const a = join("y-partykit", "same", { prefix: "/party/same" });
    const b = join("y-partykit", "same");
    const c = join("y-websocket", "same");
    await Promise.all([a.synced(), b.synced(), c.synced()]);
    a.text.insert(0, "one");
    await Promise.all([b.textIs("one"), c.textIs("one")]);
  });

  it("an edit returns to its sender only merged with others'", async () => {
    const a = join("y-websocket", "no-echo");
    await a.synced();
    const updates = [];
    a.socket.on("message", (data) => {
      if (data[0] === 0 && data[1] === 2) updates.push(data);
    });
    const b = join("y-websocket", "no-echo");
    await b.synced();
    for (let i = 0; i < 20; ++i) a.text.insert(0, "x");
    await b.textIs("x".repeat(20));
    b.text.insert(20, "y");
    await a.textIs(`${"x".repeat(20)}y`);
    // What came back to `a` is b's edit; a turn that held both may carry both.
    const own = updates.filter((data) => {
      const doc = new Y.Doc();
      Y.applyUpdate(doc, data.subarray(data[2] < 0x80 ? 3 : 4));
      return !doc.store.clients.has(b.doc.clientID) && !doc.store.pendingStructs;
    });
    assert.deepEqual(own, []);
  });

  it("an update whose dependencies are missing is kept, relayed and completed later", async () => {
    const source = new Y.Doc();
    const updates = [];
    source.on("update", (update) => updates.push(update));
    source.getText("text").insert(0, "a");
    source.getText("text").insert(1, "b");
    source.getText("text").insert(2, "c");
    const a = join("y-partykit", "pending");
    await a.synced();
    Y.applyUpdate(a.doc, updates[0]);
    const send = (update) => a.socket.send(Uint8Array.from([0, 2, update.length, ...update]));
    send(updates[2]);
    const late = join("y-websocket", "pending");
    await late.synced();
    await late.textIs("a");
    send(updates[1]);
    await late.textIs("abc");
  });
});
