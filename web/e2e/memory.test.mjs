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

/** A room that is let go closes its database before its document goes: asks the heap until the number is right. */
async function expectDocuments(page, prototype, wanted) {
  const end = Date.now() + 15_000;
  for (;;) {
    const living = await liveDocuments(page, prototype);
    if (living === wanted) return;
    if (Date.now() > end) assert.fail(`${living} documents are in memory, not ${wanted}`);
  }
}

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
      const expect = (count) => expectDocuments(page, "globalThis.strictMode.docPrototype", count);
      const rounds = 20;
      for (let i = 1; i <= rounds; ++i) {
        await show(`room${i}`);
        await page.getByTestId("room").filter({ hasText: `room${i} live` }).waitFor();
      }
      assert.equal(await page.evaluate(() => globalThis.strictMode.mounts()), 2 * rounds, "React mounted nothing twice");
      assert.equal(sockets.length, rounds, "a double mount dialled twice");
      await until(page, () => globalThis.strictMode.rooms.size === 1);
      await show(`room${rounds}`); // React keeps the tree before the present one until it draws again
      await expect(1);
      await show(null);
      await until(page, () => globalThis.strictMode.rooms.size === 0);
      await show(null);
      await expect(0);
      assert.equal(sockets.filter((socket) => !socket.isClosed()).length, 0);
    } finally {
      site.close();
    }
  });

  it("the demo holds one document for one room", async () => {
    const page = await stage.person("Ada");
    await openLive("Welcome", page);
    await until(page, () => globalThis.runnelDemo.rooms.size <= 1);
    await expectDocuments(page, "globalThis.runnelDemo.docPrototype", 1);
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
    };
    await visitAll();
    const before = await heapBytes(page);
    await visitAll();
    await visitAll();
    const grown = (await heapBytes(page)) - before;
    test.diagnostic(`heap after 50 switches: ${(before / 1e6).toFixed(1)} MB, after 150: ${((before + grown) / 1e6).toFixed(1)} MB`);
    assert.ok((await liveDocuments(page, "globalThis.runnelDemo.docPrototype")) <= 2, "documents of rooms that were left are still in memory");
    assert.ok(grown < 4_000_000, `the heap grew by ${grown} bytes over 100 more switches`);
  });
});
