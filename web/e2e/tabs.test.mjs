// Two tabs of one browser share a BroadcastChannel: each relays what it hears of the other.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { connection, converge, openLive, Stage, type, until } from "./harness.mjs";

/** Who is in the room for this page, itself included: names by client id. */
const present = (page, room) =>
  page.evaluate((name) =>
    [...globalThis.runnelDemo.room(name).awareness.getStates()].map(([id, { user }]) => [id, user?.name]).sort(([a], [b]) => a - b), room);

const waitForPresent = (page, room, names) =>
  until(page, ([name, wanted]) => {
    const seen = [...globalThis.runnelDemo.room(name).awareness.getStates().values()].map(({ user }) => user?.name ?? "?");
    return seen.sort().join() === wanted;
  }, [room, [...names].sort().join()]);

describe("two tabs of one browser", () => {
  let stage;
  before(async () => (stage = await Stage.open()));
  afterEach(() => stage.leave());
  after(() => stage?.close());

  it("are there once each, go without a ghost, and edit one document", { timeout: 120_000 }, async () => {
    const [first, grace] = await stage.people("Ada", "Grace");
    const second = await first.context().newPage();
    await second.goto(stage.server.url);
    await openLive("Welcome", first, second, grace);
    const everybody = ["Ada", "Ada", "Grace"];
    for (const page of [first, second, grace]) await waitForPresent(page, "doc-welcome", everybody);
    assert.deepEqual(await present(first, "doc-welcome"), await present(grace, "doc-welcome"));
    assert.deepEqual(await present(second, "doc-welcome"), await present(grace, "doc-welcome"));

    await type(first, "From the first tab. ");
    await converge([first, second, grace], ["From the first tab."]);
    await type(second, "From the second. ");
    await converge([first, second, grace], ["From the first tab.", "From the second."]);
    // Somebody with two windows is one face.
    await grace.getByRole("group", { name: "Also here: Ada", exact: true }).waitFor();

    await second.close();
    for (const page of [first, grace]) await waitForPresent(page, "doc-welcome", ["Ada", "Grace"]);
    // A ghost would come back with the next renewal of states, at the latest after 15 s.
    const clockOf = (page) => page.evaluate(() => {
      const { awareness } = globalThis.runnelDemo.room("doc-welcome");
      return awareness.meta.get(awareness.clientID).clock;
    });
    const clocks = [await clockOf(first), await clockOf(grace)];
    const renewed = (page, before) =>
      page.waitForFunction((clock) => {
        const { awareness } = globalThis.runnelDemo.room("doc-welcome");
        return awareness.meta.get(awareness.clientID).clock > clock;
      }, before, { timeout: 40_000 });
    await Promise.all([renewed(first, clocks[0]), renewed(grace, clocks[1])]);
    for (const page of [first, grace]) await waitForPresent(page, "doc-welcome", ["Ada", "Grace"]);
  });

  it("relay for each other while the server is away, and are there once when it is back", async () => {
    const { server } = stage;
    const [first, grace] = await stage.people("Ada", "Grace");
    const second = await first.context().newPage();
    await second.goto(server.url);
    await openLive("Roadmap", first, second, grace);
    await type(first, "Begun. ");
    await converge([first, second, grace], ["Begun."]);
    await server.kill();
    await Promise.all([first, second, grace].map((page) => connection(page, "Offline")));
    await type(first, "Over the channel. ");
    await converge([first, second], ["Begun.", "Over the channel."]);
    await server.launch();
    await Promise.all([first, second, grace].map((page) => connection(page, "Live")));
    const back = Date.now();
    await converge([first, second, grace], ["Begun.", "Over the channel."]);
    for (const page of [first, second, grace]) await waitForPresent(page, "doc-roadmap", ["Ada", "Ada", "Grace"]);
    // Nobody waits for the next renewal to be seen again.
    assert.ok(Date.now() - back < 8_000, `everybody was seen after ${Date.now() - back} ms`);
  });
});
