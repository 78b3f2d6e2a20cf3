// The server is killed while people type, and what they see is true at each step.
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { connection, converge, open, openLive, saving, shows, Stage, stored, type } from "./harness.mjs";

describe("when the server is away", () => {
  let stage;
  before(async () => (stage = await Stage.open(["--set", "save.interval=2s"])));
  afterEach(() => stage.leave());
  after(() => stage?.close());

  it("kill -9 while typing: edits stay here, converge after the restart, and the state says so", async () => {
    const { server } = stage;
    const [ada, grace] = await stage.people("Ada", "Grace");
    await openLive("Welcome", ada, grace);
    await type(ada, "Before the kill. ");
    await stored(ada);
    assert.match(await server.content("doc-welcome"), /Before the kill\./);
    await saving(ada, "Saved everywhere");
    await shows(grace, "Before the kill.");

    const sentence = "This sentence is on its way while the server goes. ";
    const typing = type(ada, sentence, { delay: 30 });
    await shows(grace, "This sentence is");
    await server.kill();
    await Promise.all([connection(ada, "Offline"), connection(grace, "Offline")]);
    await typing;
    await saving(ada, "Saved here");
    await type(grace, "Grace offline. ");
    await saving(grace, "Saved here");

    await server.launch();
    await Promise.all([connection(ada, "Live"), connection(grace, "Live")]);
    await converge([ada, grace], ["Before the kill.", sentence.trim(), "Grace offline."]);
    await Promise.all([stored(ada), stored(grace)]);
    const kept = await server.content("doc-welcome");
    for (const text of ["Before the kill.", sentence.trim(), "Grace offline."]) assert.ok(kept.includes(text), kept);
    await Promise.all([saving(ada, "Saved everywhere"), saving(grace, "Saved everywhere")]);
  });

  it("a reload without a server opens the document from the browser, editable, and it syncs later", async () => {
    const { server } = stage;
    const ada = await stage.person("Ada");
    await openLive("Roadmap", ada);
    await type(ada, "Kept in the browser. ");
    await stored(ada);
    await ada.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await ada.waitForFunction(async () => {
      const kept = await (await caches.open("runnel-shell-2")).keys();
      const names = new Set(kept.map(({ url }) => url));
      return performance.getEntriesByType("resource").every(({ name }) => !name.includes("/assets/") || names.has(name));
    });
    await server.kill();
    await ada.reload();
    await shows(ada, "Kept in the browser.");
    await connection(ada, "Offline");
    await type(ada, "Written without a server. ");
    await saving(ada, "Saved here");
    await ada.reload(); // what was "saved here" really is
    await shows(ada, "Written without a server.");
    await server.launch();
    await connection(ada, "Live");
    await stored(ada);
    const grace = await stage.person("Grace");
    await open(grace, "Roadmap");
    await shows(grace, "Written without a server.");
  });

  it("a server that knows nobody any more asks who is there", async () => {
    const { server } = stage;
    const ada = await stage.person("Ada");
    await openLive("Welcome", ada);
    await server.kill();
    await connection(ada, "Offline");
    await ada.getByRole("navigation", { name: "Workspace" }).waitFor();
    rmSync(server.dataDir, { recursive: true });
    mkdirSync(server.dataDir);
    await server.launch();
    await ada.getByRole("heading", { name: "Runnel workspace" }).waitFor();
    await ada.getByRole("button", { name: "Ada" }).click();
    await connection(ada, "Live");
  });

  it("without a copy and without a server the page says so, and opens when the server returns", async () => {
    const { server } = stage;
    const ada = await stage.person("Ada");
    await openLive("Welcome", ada); // the editor's files are there, Meeting notes are not
    await server.kill();
    await open(ada, "Meeting notes");
    await ada.getByText("Neither this browser nor the server has the document").waitFor();
    await server.launch();
    await ada.getByRole("button", { name: "Try again" }).click();
    await connection(ada, "Live");
  });
});
