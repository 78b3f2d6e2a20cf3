// Documents are let go: StrictMode's double mounts and quick switching leave nothing behind.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connection, DevServer, launchBrowser, open, person } from "./harness.mjs";

/** Living Y.Doc objects, counted in the browser's own heap. */
async function liveDocuments(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { result } = await session.send("Runtime.evaluate", { expression: "globalThis.runnelDemo.docPrototype" });
  const { objects } = await session.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const { result: properties } = await session.send("Runtime.getProperties", { objectId: objects.objectId, ownProperties: true });
  await session.send("Runtime.releaseObject", { objectId: objects.objectId });
  await session.detach();
  return properties.filter(({ name }) => /^\d+$/.test(name)).length;
}

async function heapBytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

const released = (page) => page.waitForFunction(() => globalThis.runnelDemo.rooms.size <= 1);

describe("memory", () => {
  let server;
  let browser;
  before(async () => {
    server = await DevServer.start();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("StrictMode's mount, unmount, mount leaves one document for one room", async () => {
    const page = await person(browser, server, "Ada");
    await open(page, "Welcome");
    await connection(page, "Live");
    await released(page);
    assert.equal(await liveDocuments(page), 1);
    await page.context().close();
  });

  it("switching quickly between 50 documents leaves memory flat", { timeout: 240_000 }, async () => {
    const page = await person(browser, server, "Ada");
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
      await released(page);
    };
    await visitAll();
    const before = await heapBytes(page);
    await visitAll();
    await visitAll();
    const grown = (await heapBytes(page)) - before;
    assert.ok((await liveDocuments(page)) <= 2, "documents of rooms that were left are still in memory");
    assert.ok(grown < 8_000_000, `the heap grew by ${grown} bytes over 100 more switches`);
    await page.context().close();
  });
});
