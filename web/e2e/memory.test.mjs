// Documents are let go: StrictMode's double mounts and quick switching leave nothing behind.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openLive, Stage, until } from "./harness.mjs";

/** Living Y.Doc objects, counted in the browser's own heap. */
async function liveDocuments(page, prototype) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { result } = await session.send("Runtime.evaluate", { expression: prototype });
  const { objects } = await session.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const { result: properties } = await session.send("Runtime.getProperties", { objectId: objects.objectId, ownProperties: true });
  await session.send("Runtime.releaseObject", { objectId: objects.objectId });
  await session.detach();
  return properties.filter(({ name }) => /^\d+$/.test(name)).length;
}

/** Asks until the answer is right: a room that is let go closes its socket and its database first, its document goes after. */
async function expectSoon(ask, right, complaint) {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (right(answer)) return answer;
    if (Date.now() > end) assert.fail(complaint(answer));
  }
}

const expectDocuments = (page, most, least = most) =>
  expectSoon(() => liveDocuments(page, "globalThis.runnelDemo.docPrototype"), (living) => living <= most && living >= least,
    (living) => `${living} documents are in memory, not ${least} to ${most}`);

async function heapBytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

/** The page of strict_mode/, built with React's development build and served from memory. */
async function serveStrictMode() {
  process.env.NODE_ENV = "development";
  const { build } = await import("vite");
  const root = fileURLToPath(new URL("./strict_mode/", import.meta.url));
  const { output } = await build({ root, mode: "development", logLevel: "error", esbuild: { jsx: "automatic" }, build: { write: false, minify: false } });
  const files = new Map(output.map((file) => [`/${file.fileName}`, file.code ?? file.source]));
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url;
    const type = path.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(files.has(path) ? 200 : 404, { "content-type": type }).end(files.get(path) ?? "");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

describe("memory", () => {
  let stage;
  before(async () => (stage = await Stage.open()));
  afterEach(() => stage.leave());
  after(() => stage?.close());

  it("StrictMode's mount, unmount, mount makes one document of a room, and none when it is left", { timeout: 120_000 }, async () => {
    const site = await serveStrictMode();
    stage.hosts.add(new URL(site.url).host);
    try {
      const page = await (await stage.profile()).newPage();
      const sockets = [];
      page.on("websocket", (socket) => sockets.push(socket));
      await page.goto(site.url);
      const show = (id) => page.evaluate(([host, room]) => globalThis.strictMode.show(host, room), [stage.server.url, id]);
      // React keeps the tree before the present one until it draws again, so each look draws first.
      const expect = (room, count) =>
        expectSoon(() => show(room).then(() => liveDocuments(page, "globalThis.strictMode.docPrototype")),
          (living) => living === count, (living) => `${living} documents are in memory, not ${count}`);
      const rounds = 20;
      for (let i = 1; i <= rounds; ++i) {
        await show(`room${i}`);
        await page.getByTestId("room").filter({ hasText: `room${i} live` }).waitFor();
      }
      assert.equal(await page.evaluate(() => globalThis.strictMode.mounts()), 2 * rounds, "React mounted nothing twice");
      assert.equal(sockets.length, rounds, `dialled twice: ${sockets.map((socket) => socket.url()).join(" ")}`);
      await until(page, () => globalThis.strictMode.rooms.size === 1);
      await expect(`room${rounds}`, 1);
      await show(null);
      await until(page, () => globalThis.strictMode.rooms.size === 0);
      await expect(null, 0);
      // The question to the page lets its events come in between.
      await expectSoon(() => page.evaluate(() => 0).then(() => sockets.filter((socket) => !socket.isClosed()).length),
        (count) => count === 0, (count) => `${count} sockets are open although nobody looks at a room`);
    } finally {
      site.close();
    }
  });

  it("the demo holds one document for one room", async () => {
    const page = await stage.person("Ada");
    await openLive("Welcome", page);
    await until(page, () => globalThis.runnelDemo.rooms.size <= 1);
    await expectDocuments(page, 1);
  });

  it("switching quickly between 50 documents leaves memory flat", { timeout: 240_000 }, async (test) => {
    const page = await stage.person("Ada");
    const ids = await page.evaluate(async () => {
      const [{ id }] = await (await fetch("/api/workspaces")).json();
      const made = [];
      for (let i = 0; i < 50; ++i) {
        const response = await fetch(`/api/workspaces/${id}/documents`, {
          method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ title: `Switch ${i}` }),
        });
        made.push((await response.json()).id);
      }
      return made;
    });
    const visitAll = async () => {
      for (const id of ids) {
        await page.evaluate((target) => (window.location.hash = `#/doc/${target}`), id);
        await page.locator(".bn-editor").waitFor();
      }
      await until(page, () => globalThis.runnelDemo.rooms.size <= 1);
      await expectDocuments(page, 2, 1);
    };
    await visitAll();
    const before = await heapBytes(page);
    await visitAll();
    await visitAll();
    const grown = await expectSoon(async () => (await heapBytes(page)) - before, (bytes) => bytes < 4_000_000,
      (bytes) => `the heap grew by ${bytes} bytes over 100 more switches`);
    test.diagnostic(`heap after 50 switches: ${(before / 1e6).toFixed(1)} MB, after 150: ${((before + grown) / 1e6).toFixed(1)} MB`);
  });
});
