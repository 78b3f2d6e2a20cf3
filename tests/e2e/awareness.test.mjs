// Who is here: appearing, leaving, vanishing, returning.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dialectNames } from "./harness/clients.mjs";
import { gathering } from "./harness/gathering.mjs";

const pairs = dialectNames.flatMap((a) => dialectNames.map((b) => [a, b]));
const named = (name) => (states) => [...states.values()].some((state) => state.user === name);
const nobodyNamed = (name) => (states) => !named(name)(states);

describe("awareness", () => {
  const { join } = gathering();

  for (const [left, right] of pairs) {
    it(`${right} sees ${left} appear, change, leave and return`, async () => {
      const room = `aware-${left}-${right}`;
      const a = join(left, room);
      const b = join(right, room);
      await Promise.all([a.synced(), b.synced()]);
      a.awareness.setLocalStateField("user", "Ada");
      await b.sees(named("Ada"), "Ada");
      a.awareness.setLocalStateField("user", "Ada L.");
      await b.sees(named("Ada L."), "Ada under her full name");
      const late = join(right, room);
      await late.sees(named("Ada L."), "Ada, who was there before");
      a.provider.disconnect();
      await b.sees(nobodyNamed("Ada L."), "that Ada has left");
      a.provider.connect();
      a.awareness.setLocalStateField("user", "Ada again");
      await b.sees(named("Ada again"), "Ada again");
    });

    it(`${right} no longer sees ${left} whose socket was terminated, and sees it after its own reconnect`, async () => {
      const room = `gone-${left}-${right}`;
      const a = join(left, room);
      const b = join(right, room);
      await Promise.all([a.synced(), b.synced()]);
      a.awareness.setLocalStateField("user", "Grace");
      await b.sees(named("Grace"), "Grace");
      a.socket.terminate(); // the provider redials by itself, with the clock that the room knows
      await b.sees(nobodyNamed("Grace"), "that Grace is gone");
      await b.sees(named("Grace"), "Grace after her reconnect, without any new edit of hers");
    });
  }

  it("a state that one client relays for another does not become its own", async () => {
    const room = "relay";
    const owner = join("y-partykit", room);
    const relay = join("y-websocket", room);
    const watcher = join("y-websocket", room);
    await Promise.all([owner.synced(), relay.synced(), watcher.synced()]);
    owner.awareness.setLocalStateField("user", "Owner");
    await relay.sees(named("Owner"), "the owner");
    await watcher.sees(named("Owner"), "the owner");
    relay.destroy();
    relay.awareness.setLocalStateField = () => undefined;
    watcher.awareness.setLocalStateField("probe", 1);
    await owner.sees((states) => [...states.values()].some((state) => state.probe === 1), "the watcher's probe");
    assert.ok(named("Owner")(watcher.awareness.getStates()), "the owner must still be seen");
  });
});
