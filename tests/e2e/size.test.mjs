// Large first syncs, large documents, many people, many rooms.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as Y from "yjs";
import { dialectNames, sameState } from "./harness/clients.mjs";
import { gathering } from "./harness/gathering.mjs";

const LONG_MS = 60_000;

/** Text that no encoding can shorten much, from a seed. */
function noise(length, seed) {
  let state = seed;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36).padStart(7, "0");
  }
  return text.slice(0, length);
}

describe("size", () => {
  const { join } = gathering();

  for (const dialect of dialectNames) {
    it(`${dialect} brings 5 MB to its first sync`, async () => {
      const doc = new Y.Doc();
      const content = noise(5 * 1024 * 1024, 1);
      doc.getText("text").insert(0, content);
      const a = join(dialect, `first-${dialect}`, { doc });
      await a.synced(LONG_MS);
      const b = join("y-websocket", `first-${dialect}`);
      await b.holds(({ text }) => text.length === content.length, "the whole 5 MB", LONG_MS);
      assert.equal(b.text.toString(), content);
    });
  }

  it("a 10 MB document grows in 100 KB edits, survives a restart of the room and is equal everywhere", async () => {
    const a = join("y-partykit", "ten");
    await a.synced();
    for (let i = 0; i < 100; ++i) a.text.insert(a.text.length, noise(100 * 1024, i + 2));
    const b = join("y-partyserver-2", "ten");
    await b.holds(({ text }) => text.length === 100 * 100 * 1024, "10 MB", LONG_MS);
    assert.ok(sameState(a.doc, b.doc));
  });

  it("50 clients in a room converge", async () => {
    const all = Array.from({ length: 50 }, (_, i) => join(dialectNames[i % dialectNames.length], "fifty"));
    await Promise.all(all.map((client) => client.synced(LONG_MS)));
    all.forEach((client, i) => {
      for (let k = 0; k < 5; ++k) client.doc.getMap("m").set(`${i}-${k}`, k);
      client.text.insert(0, String.fromCharCode(65 + (i % 26)));
    });
    const complete = ({ doc, text }) => doc.getMap("m").size === 250 && text.length === 50;
    await Promise.all(all.map((client) => client.holds(complete, "everybody's edits", LONG_MS)));
    for (const client of all) assert.ok(sameState(client.doc, all[0].doc));
  });

  it("500 rooms live side by side and keep to themselves", async () => {
    const writers = [];
    const readers = [];
    for (let i = 0; i < 500; ++i) {
      writers.push(join(dialectNames[i % dialectNames.length], `many-${i}`));
      readers.push(join(dialectNames[(i + 1) % dialectNames.length], `many-${i}`));
    }
    await Promise.all([...writers, ...readers].map((client) => client.synced(LONG_MS)));
    writers.forEach((client, i) => client.text.insert(0, `room ${i}`));
    await Promise.all(readers.map((client, i) => client.textIs(`room ${i}`, LONG_MS)));
  });
});
