// People at two browsers in the demo workspace.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { adminSecret, connection, converge, editorOf, open, openLive, shows, Stage, stored, type, until } from "./harness.mjs";

const caret = (page, name) => page.locator(".bn-collaboration-cursor__caret").filter({ hasText: name });

async function drawRectangle(page, from, to) {
  await page.locator("label:has([data-testid=toolbar-rectangle])").click();
  const box = await page.locator(".excalidraw canvas.interactive").boundingBox();
  await page.mouse.move(box.x + from.x, box.y + from.y);
  await page.mouse.down();
  await page.mouse.move(box.x + to.x, box.y + to.y, { steps: 8 });
  await page.mouse.up();
}

/** No connection of this page stands until the answer is called. */
async function holdTokens(page) {
  let letThrough;
  const held = new Promise((resolve) => (letThrough = resolve));
  await page.route("**/collaboration/token", async (route) => {
    await held;
    await route.continue();
  });
  return letThrough;
}

describe("the demo workspace", () => {
  let stage;
  before(async () => (stage = await Stage.open()));
  afterEach(() => stage.leave());
  after(() => stage?.close());

  it("two people type in one document and see each other's cursor", async () => {
    const [ada, grace] = await stage.people("Ada", "Grace");
    await openLive("Welcome", ada, grace);
    // Both begin in the empty document at once: neither replaces the other's first words.
    await Promise.all([type(ada, "Ada writes a line. "), type(grace, "Grace answers. ")]);
    await converge([ada, grace], ["Ada writes a line.", "Grace answers."]);
    await Promise.all([caret(ada, "Grace").waitFor(), caret(grace, "Ada").waitFor()]);
    await Promise.all([stored(ada), stored(grace)]);
    assert.match(await stage.server.content("doc-welcome"), /Ada writes a line\./);
  });

  it("two people draw in one diagram and see each other's pointer", async () => {
    const [ada, grace] = await stage.people("Ada", "Grace");
    await openLive("Architecture", ada, grace);
    await drawRectangle(ada, { x: 300, y: 160 }, { x: 500, y: 260 });
    await until(grace, () => globalThis.runnelDemo.elements() === 1);
    await drawRectangle(grace, { x: 620, y: 160 }, { x: 820, y: 260 });
    await until(ada, () => globalThis.runnelDemo.elements() === 2);
    await until(ada, () => globalThis.runnelDemo.pointers().includes("Grace"));
    await until(grace, () => globalThis.runnelDemo.pointers().includes("Ada"));
    await Promise.all([stored(ada), stored(grace)]);
  });

  it("Chinese text in a diagram asks nobody for a font", async () => {
    const [ada, grace] = await stage.people("Ada", "Grace");
    const fonts = [];
    for (const page of [ada, grace]) page.on("request", (request) => /font|woff/i.test(request.url()) && fonts.push(request.url()));
    await openLive("Architecture", ada, grace);
    await ada.locator("label:has([data-testid=toolbar-text])").click();
    const box = await ada.locator(".excalidraw canvas.interactive").boundingBox();
    await ada.mouse.click(box.x + 400, box.y + 300);
    await ada.locator(".excalidraw-wysiwyg").waitFor();
    await ada.keyboard.insertText("协作 こんにちは 안녕 hello");
    await ada.keyboard.press("Escape");
    await until(grace, () => globalThis.runnelDemo.texts().includes("协作 こんにちは 안녕 hello"));
    for (const page of [ada, grace]) {
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      // Exporting embeds the fonts in the picture, and looks for them in its own way.
      const svg = await page.evaluate(() => globalThis.runnelDemo.svg());
      assert.match(svg, /协作/);
    }
    // Stage.leave fails when another host was asked; what this one does not have is not asked for either.
    assert.deepEqual(fonts.filter((url) => url.includes("Xiaolai")), []);
  });

  it("two people describe one task and see each other's cursor", async () => {
    const [ada, grace] = await stage.people("Ada", "Grace");
    await openLive("Open a document in two windows", ada, grace);
    await type(ada, "Steps to take");
    await shows(grace, "Steps to take");
    await type(grace, "One by one");
    await converge([ada, grace], ["Steps to take", "One by one"]);
    await Promise.all([caret(ada, "Grace").waitFor(), caret(grace, "Ada").waitFor()]);
    await ada.getByLabel("Status").selectOption("done");
    await ada.getByRole("link", { name: "Open a document in two windows done" }).waitFor();
  });

  it("shows who is where", async () => {
    const [ada, grace] = await stage.people("Ada", "Grace");
    await open(grace, "Roadmap");
    await ada.getByRole("group", { name: /In Roadmap: Grace/ }).waitFor();
    await grace.context().close();
    await ada.getByRole("group", { name: /In Roadmap: Grace/ }).waitFor({ state: "detached" });
  });

  it("dials ahead while the pointer rests on an entry, and opens over that connection", async () => {
    const ada = await stage.person("Ada");
    const dialled = [];
    ada.on("websocket", (socket) => dialled.push(new URL(socket.url()).pathname));
    const ahead = ada.waitForEvent("websocket", (socket) => socket.url().includes("/doc-roadmap"));
    await ada.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: "Roadmap" }).hover();
    await ahead;
    await openLive("Roadmap", ada);
    assert.deepEqual(dialled.filter((path) => path.includes("doc-roadmap")), ["/parties/main/doc-roadmap"]);
  });

  it("a document that the browser has can be edited before the connection stands", async () => {
    const ada = await stage.person("Ada");
    await openLive("Roadmap", ada);
    await type(ada, "Known here. ");
    await stored(ada);
    const letThrough = await holdTokens(ada);
    await ada.reload();
    await shows(ada, "Known here.");
    await connection(ada, "Connecting");
    await type(ada, "Typed ahead. ");
    assert.equal(await ada.evaluate(() => Boolean(globalThis.runnelDemo.room("doc-roadmap").awareness.getLocalState().cursor)), true);
    letThrough();
    await connection(ada, "Live");
    await stored(ada);
    assert.match(await stage.server.content("doc-roadmap"), /Known here\..*Typed ahead\./s);
  });

  it("a document that the browser has just created can be edited before the connection stands", async () => {
    const ada = await stage.person("Ada");
    const letThrough = await holdTokens(ada);
    await ada.getByRole("button", { name: "New document" }).click();
    await ada.getByRole("textbox", { name: "New document" }).fill("Brand new");
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { name: "Brand new", level: 2 }).waitFor();
    await connection(ada, "Connecting");
    await type(ada, "The first words.");
    await shows(ada, "The first words.");
    const room = new URL(ada.url()).hash.replace("#/doc/", "doc-");
    assert.equal(await ada.evaluate((name) => Boolean(globalThis.runnelDemo.room(name).awareness.getLocalState().cursor), room), true);
    // Somebody who opens it meanwhile begins in the same paragraph.
    await ada.getByRole("button", { name: "Share" }).click();
    await ada.getByRole("combobox", { name: "Role of Grace" }).selectOption("editor");
    await ada.getByRole("button", { name: "Done" }).click();
    const grace = await stage.person("Grace");
    await openLive("Brand new", grace);
    await type(grace, "Hers. ");
    await stored(grace);
    await connection(ada, "Connecting");
    letThrough();
    await connection(ada, "Live");
    await converge([ada, grace], ["The first words.", "Hers."]);
    await stored(ada);
    const kept = await stage.server.content(room);
    assert.equal(kept.split(/<blockgroup/i).length, 2, `one document, not two: ${kept}`);
  });

  it("a viewer sees edits and cannot make any", async () => {
    const [ada, viewer] = await stage.people("Ada", "Margaret");
    const offered = [];
    viewer.on("websocket", (socket) => socket.on("framesent", ({ payload }) => offered.push(payload)));
    await Promise.all([openLive("Roadmap", ada), open(viewer, "Roadmap")]);
    await connection(viewer, "Read only");
    await type(ada, "Only for reading.");
    await shows(viewer, "Only for reading.");
    assert.equal(await editorOf(viewer).getAttribute("contenteditable"), "false");
    await editorOf(viewer).click();
    await viewer.keyboard.type("Not by me.");
    const updates = offered.filter((payload) => typeof payload !== "string" && payload[0] === 0 && payload[1] === 2);
    assert.equal(updates.length, 0);
    // And one who goes around the page is stopped by the server.
    await viewer.evaluate(() => globalThis.runnelDemo.room("doc-roadmap").doc.getXmlFragment("document").delete(0, 1));
    await type(ada, " Still here.");
    await shows(ada, "Still here.");
    assert.match(await stage.server.content("doc-roadmap"), /Only for reading\./);
    assert.doesNotMatch(await stage.server.content("doc-roadmap"), /Not by me/);
  });

  it("a viewer sees a diagram grow and is told that it cannot be edited, also when the right changes meanwhile", async () => {
    const [ada, viewer] = await stage.people("Ada", "Margaret");
    await Promise.all([openLive("Architecture", ada), open(viewer, "Architecture")]);
    await connection(viewer, "Read only");
    await viewer.getByText("You can read this, not edit it.").waitFor();
    await viewer.locator(".excalidraw canvas").first().waitFor();
    assert.equal(await viewer.getByRole("button", { name: "New diagram" }).count(), 0);
    const before = await ada.evaluate(() => globalThis.runnelDemo.elements());
    await drawRectangle(ada, { x: 300, y: 380 }, { x: 420, y: 440 });
    await until(viewer, (count) => globalThis.runnelDemo.elements() === count, before + 1);
    await until(viewer, () => globalThis.runnelDemo.pointers().includes("Ada"));
    // A frozen room is read-only for Ada too; her tools, and undo, come back with the right.
    const freeze = (what) => fetch(`${stage.server.url}/v1/rooms/diagram-architecture/${what}`, { method: "POST", headers: { authorization: `Bearer ${adminSecret}` } });
    await freeze("freeze");
    await connection(ada, "Read only");
    await ada.locator("label:has([data-testid=toolbar-rectangle])").waitFor({ state: "detached" });
    await freeze("unfreeze");
    await connection(ada, "Live");
    await drawRectangle(ada, { x: 460, y: 380 }, { x: 560, y: 440 });
    await until(viewer, (count) => globalThis.runnelDemo.elements() === count, before + 2);
    await ada.getByRole("button", { name: "Undo" }).click();
    await until(viewer, (count) => globalThis.runnelDemo.elements() === count, before + 1);
  });

  it("a guest opens a share link and can only look, until the link is taken back", async () => {
    const ada = await stage.person("Ada");
    await openLive("Welcome", ada);
    await type(ada, "For our guests.");
    await ada.getByRole("button", { name: "Share" }).click();
    await ada.getByRole("button", { name: "New link for viewers" }).click();
    const link = await ada.getByRole("textbox", { name: "Link" }).first().inputValue();
    const guest = await (await stage.profile()).newPage();
    await guest.goto(link);
    await connection(guest, "Read only");
    await shows(guest, "For our guests.");
    assert.equal(await editorOf(guest).getAttribute("contenteditable"), "false");
    await ada.getByRole("button", { name: "Remove" }).click();
    await guest.getByRole("heading", { name: "You cannot open this" }).waitFor();
    await guest.reload();
    await guest.getByRole("heading", { name: "This link does not work (any more)" }).waitFor();
  });

  it("what is in the sidebar comes and goes by itself, without focus or click", async () => {
    const [ada, linus] = await stage.people("Ada", "Linus");
    const entries = linus.getByRole("navigation", { name: "Workspace" });
    await openLive("Welcome", ada);
    await open(linus, "Roadmap"); // he looks at something else all the time
    const questions = [];
    linus.on("request", (request) => request.url().includes("/api/") && questions.push(request.url()));
    await ada.getByRole("button", { name: "Share" }).click();
    const role = ada.getByRole("combobox", { name: "Role of Linus" });
    await role.selectOption("none");
    await entries.getByRole("link", { name: "Welcome" }).waitFor({ state: "detached" });
    await role.selectOption("viewer");
    await entries.getByRole("link", { name: "Welcome view" }).waitFor();
    await role.selectOption("editor");
    await entries.getByRole("link", { name: "Welcome" }).filter({ hasNotText: "view" }).waitFor();
    // Two questions for each change, and none while nothing changes.
    assert.ok(questions.length <= 6, questions.join("\n"));
    await ada.getByRole("button", { name: "Done" }).click();
    await ada.getByRole("button", { name: "New diagram" }).click();
    await ada.getByRole("textbox", { name: "New diagram" }).fill("Drawn later");
    await ada.keyboard.press("Enter");
    await entries.getByRole("link", { name: "Drawn later" }).waitFor();
    // What changed while the connection was away is there when it returns.
    await stage.server.kill();
    await linus.getByText("Offline").first().waitFor();
    await stage.server.launch();
    await connection(linus, "Live");
    await connection(ada, "Live");
    await ada.getByRole("button", { name: "New diagram" }).click();
    await ada.getByRole("textbox", { name: "New diagram" }).fill("Drawn after the restart");
    await ada.keyboard.press("Enter");
    await entries.getByRole("link", { name: "Drawn after the restart" }).waitFor();
  });

  it("who may edit renames and deletes; the others see it happen", async () => {
    const [ada, grace] = await stage.people("Ada", "Grace");
    await openLive("Meeting notes", ada);
    await ada.getByRole("button", { name: "Settings" }).click();
    await ada.getByRole("textbox", { name: "Name" }).fill("Minutes");
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { name: "Minutes", level: 2 }).waitFor();
    await openLive("Minutes", grace);
    const entry = grace.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: "Minutes" });
    await ada.getByRole("button", { name: "Settings" }).click();
    await ada.getByRole("button", { name: "Delete…" }).click();
    await ada.getByRole("button", { name: "Yes, delete it" }).click();
    await ada.getByRole("heading", { name: "People" }).waitFor();
    await grace.getByRole("heading", { name: "You cannot open this" }).waitFor();
    await entry.waitFor({ state: "detached" });
  });

  it("who is in no workspace any more is told so, and comes back in when they are", async () => {
    const [ada, linus] = await stage.people("Ada", "Linus");
    await openLive("Architecture", linus);
    const membership = (method, body) =>
      ada.evaluate(async ([how, what]) => {
        const response = await fetch("/api/workspaces/demo/members/linus", { method: how, headers: { "content-type": "application/json" }, body: what });
        return response.status;
      }, [method, body && JSON.stringify(body)]);
    assert.equal(await membership("DELETE"), 204);
    await linus.getByRole("heading", { name: "You are in no workspace" }).waitFor();
    assert.equal(await membership("PUT", { role: "member" }), 204);
    await linus.getByRole("button", { name: "Try again" }).click();
    await linus.getByRole("navigation", { name: "Workspace" }).waitFor();
    await connection(linus, "Live");
    await ada.getByRole("navigation", { name: "Workspace" }).getByRole("group", { name: /In Architecture: Linus/ }).waitFor();
  });

  it("somebody whose access is taken away is put out within the interval, and let in again", async () => {
    const [ada, linus] = await stage.people("Ada", "Linus");
    await openLive("Welcome", ada, linus);
    await ada.getByRole("button", { name: "Share" }).click();
    await ada.getByRole("combobox", { name: "Role of Linus" }).selectOption("none");
    const taken = Date.now();
    await linus.getByRole("heading", { name: "You cannot open this" }).waitFor();
    const outAfter = Date.now() - taken;
    // The interval is 1 s here; the rest is for a browser on a busy machine.
    assert.ok(outAfter < 4_000, `put out after ${outAfter} ms`);
    await linus.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: "Welcome" }).waitFor({ state: "detached" });
    await linus.reload();
    await linus.getByRole("heading", { name: "You cannot open this" }).waitFor();
    // He stands before the door when it is opened, and need not knock.
    await ada.getByRole("combobox", { name: "Role of Linus" }).selectOption("viewer");
    await connection(linus, "Read only");
    await linus.getByText("You can read this, not edit it.").waitFor();
    await ada.getByRole("combobox", { name: "Role of Linus" }).selectOption("editor");
    await connection(linus, "Live");
  });
});
