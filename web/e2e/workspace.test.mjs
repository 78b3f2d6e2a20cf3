// People at two browsers in the demo workspace.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connection, DevServer, editorOf, launchBrowser, open, person, picture, saving, shows, type } from "./harness.mjs";

describe("the demo workspace", () => {
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

  it("two people type in one document and see each other's cursor", async () => {
    const ada = await person(browser, server, "Ada");
    const grace = await person(browser, server, "Grace");
    await Promise.all([open(ada, "Welcome"), open(grace, "Welcome")]);
    await Promise.all([connection(ada, "Live"), connection(grace, "Live")]);
    await type(ada, "Ada writes a line. ");
    await shows(grace, "Ada writes a line.");
    await type(grace, "Grace answers. ");
    await shows(ada, "Grace answers.");
    await ada.locator(".bn-collaboration-cursor__base, .collaboration-cursor__caret, .bn-collaboration-cursor__caret").first().waitFor();
    await grace.locator(".bn-collaboration-cursor__base, .collaboration-cursor__caret, .bn-collaboration-cursor__caret").first().waitFor();
    await saving(ada, "Saved");
    await picture(ada, "document");
    assert.equal(await editorOf(ada).innerText(), await editorOf(grace).innerText());
    assert.deepEqual([...ada.problems, ...grace.problems], []);
    await Promise.all([ada.context().close(), grace.context().close()]);
  });

  it("two people draw in one diagram", async () => {
    const ada = await person(browser, server, "Ada");
    const grace = await person(browser, server, "Grace");
    await Promise.all([open(ada, "Architecture"), open(grace, "Architecture")]);
    await Promise.all([connection(ada, "Live"), connection(grace, "Live")]);
    const canvas = ada.locator(".excalidraw canvas.interactive");
    await canvas.waitFor();
    const box = await canvas.boundingBox();
    await ada.keyboard.press("r");
    await ada.mouse.move(box.x + 300, box.y + 200);
    await ada.mouse.down();
    await ada.mouse.move(box.x + 520, box.y + 330, { steps: 8 });
    await ada.mouse.up();
    const count = (page) => page.evaluate(() => globalThis.runnelDemo.elements());
    await grace.waitForFunction(() => globalThis.runnelDemo.elements() === 1);
    assert.equal(await count(ada), 1);
    await picture(grace, "diagram");
    await Promise.all([ada.context().close(), grace.context().close()]);
  });

  it("two people describe one task", async () => {
    const ada = await person(browser, server, "Ada");
    const grace = await person(browser, server, "Grace");
    const title = await ada.locator("nav section").last().getByRole("link").first().innerText();
    const name = title.split("\n")[0];
    await Promise.all([open(ada, name), open(grace, name)]);
    await Promise.all([connection(ada, "Live"), connection(grace, "Live")]);
    await type(ada, "Steps to take");
    await shows(grace, "Steps to take");
    await picture(grace, "task");
    await Promise.all([ada.context().close(), grace.context().close()]);
  });

  it("shows who is where", async () => {
    const ada = await person(browser, server, "Ada");
    const grace = await person(browser, server, "Grace");
    await open(grace, "Roadmap");
    await ada.getByRole("group", { name: /In Roadmap: Grace/ }).waitFor();
    await picture(ada, "home");
    await grace.context().close();
    await ada.getByRole("group", { name: /In Roadmap: Grace/ }).waitFor({ state: "detached" });
    await ada.context().close();
  });

  it("a viewer sees edits and cannot make any", async () => {
    const ada = await person(browser, server, "Ada");
    const viewer = await person(browser, server, "Margaret");
    await Promise.all([open(ada, "Roadmap"), open(viewer, "Roadmap")]);
    await connection(ada, "Live");
    await connection(viewer, "Read only");
    await type(ada, "Only for reading.");
    await shows(viewer, "Only for reading.");
    assert.equal(await editorOf(viewer).getAttribute("contenteditable"), "false");
    await Promise.all([ada.context().close(), viewer.context().close()]);
  });

  it("a guest opens a share link and can only look", async () => {
    const ada = await person(browser, server, "Ada");
    await open(ada, "Welcome");
    await connection(ada, "Live");
    await type(ada, "For our guests.");
    await ada.getByRole("button", { name: "Share" }).click();
    await ada.getByRole("button", { name: "New link for viewers" }).click();
    const link = await ada.getByRole("textbox", { name: "Link" }).first().inputValue();
    await picture(ada, "share");
    const context = await browser.newContext();
    const guest = await context.newPage();
    await guest.goto(link);
    await connection(guest, "Read only");
    await shows(guest, "For our guests.");
    assert.equal(await editorOf(guest).getAttribute("contenteditable"), "false");
    await context.close();
    await ada.context().close();
  });

  it("somebody whose access is taken away is put out within the interval", async () => {
    const ada = await person(browser, server, "Ada");
    const linus = await person(browser, server, "Linus");
    await Promise.all([open(ada, "Welcome"), open(linus, "Welcome")]);
    await connection(linus, "Live");
    await ada.getByRole("button", { name: "Share" }).click();
    await ada.getByRole("combobox", { name: "Role of Linus" }).selectOption("none");
    await linus.getByRole("heading", { name: "You cannot open this" }).waitFor();
    await picture(linus, "denied");
    await ada.getByRole("combobox", { name: "Role of Linus" }).selectOption("editor");
    await Promise.all([ada.context().close(), linus.context().close()]);
  });
});
