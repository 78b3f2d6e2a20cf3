// The server is killed while people type, and what they see is true at each step.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connection, DevServer, editorOf, launchBrowser, open, person, picture, saving, shows, type } from "./harness.mjs";

describe("when the server is away", () => {
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

  it("kill -9 while typing: edits stay here, converge after the restart, and the state says so", async () => {
    const ada = await person(browser, server, "Ada");
    const grace = await person(browser, server, "Grace");
    await Promise.all([open(ada, "Welcome"), open(grace, "Welcome")]);
    await Promise.all([connection(ada, "Live"), connection(grace, "Live")]);
    await type(ada, "Before the kill. ");
    await saving(ada, /Saved$|Saved everywhere/);
    await shows(grace, "Before the kill.");

    await server.kill();
    await connection(ada, "Offline");
    await type(ada, "Ada offline. ");
    await saving(ada, "Saved here");
    await type(grace, "Grace offline. ");
    await picture(ada, "offline");

    await server.launch();
    await Promise.all([connection(ada, "Live"), connection(grace, "Live")]);
    await Promise.all([shows(ada, "Grace offline."), shows(grace, "Ada offline.")]);
    await saving(ada, /Saved$|Saved everywhere/);
    await ada.waitForFunction((other) => document.querySelector(".bn-editor").innerText.includes(other), "Grace offline.");
    assert.equal(await editorOf(ada).innerText(), await editorOf(grace).innerText());
    await Promise.all([ada.context().close(), grace.context().close()]);
  });

  it("a reload without a server opens the document from the browser, editable, and it syncs later", async () => {
    const ada = await person(browser, server, "Ada");
    await open(ada, "Roadmap");
    await connection(ada, "Live");
    await type(ada, "Kept in the browser. ");
    await saving(ada, /Saved$|Saved everywhere/);
    await ada.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await ada.reload(); // once more through the worker, so that it has every file
    await connection(ada, "Live");
    await server.kill();
    await ada.reload();
    await shows(ada, "Kept in the browser.");
    await type(ada, "Written without a server. ");
    await saving(ada, "Saved here");
    await picture(ada, "reload-offline");
    await server.launch();
    await connection(ada, "Live");
    await saving(ada, /Saved$|Saved everywhere/);
    const grace = await person(browser, server, "Grace");
    await open(grace, "Roadmap");
    await shows(grace, "Written without a server.");
    await Promise.all([ada.context().close(), grace.context().close()]);
  });
});
