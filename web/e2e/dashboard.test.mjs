// The dashboard does what it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { adminSecret, connection, editorOf, openLive, shows, Stage, stored, type, until } from "./harness.mjs";

// One story in order: the tests share Ada's window and the administrator's.
describe("the dashboard", () => {
  let stage;
  let ada;
  let admin;
  before(async () => {
    stage = await Stage.open(["--set", "rooms.persist=history"]);
    ada = await stage.person("Ada");
    await openLive("Welcome", ada);
    await type(ada, "First words. ");
    await stored(ada);
    admin = await (await stage.profile({ viewport: { width: 1280, height: 900 } })).newPage();
  });
  after(async () => {
    try {
      await stage?.leave();
    } finally {
      await stage?.close();
    }
  });

  const toRoom = async () => {
    await admin.goto(`${stage.server.url}/_/#/`);
    await admin.locator("tbody a").filter({ hasText: /^doc-welcome/ }).first().click();
    await admin.getByRole("heading", { name: "doc-welcome" }).waitFor();
  };
  const confirm = (button) => admin.getByRole("dialog").getByRole("button", { name: button }).click();

  it("refuses a wrong secret and opens with the right one", async () => {
    await admin.goto(`${stage.server.url}/_/`);
    await admin.getByLabel("Admin secret").fill("wrong");
    await admin.getByRole("button", { name: "Open the dashboard" }).click();
    await admin.getByText("This is not the admin secret.").waitFor();
    await admin.getByLabel("Admin secret").fill(adminSecret);
    await admin.getByRole("button", { name: "Open the dashboard" }).click();
    await admin.getByRole("heading", { name: "Rooms" }).waitFor();
    await admin.locator(".chart strong").filter({ hasText: /^[1-9]/ }).first().waitFor();
  });

  it("shows the room with its people and its content", async () => {
    await toRoom();
    await admin.getByRole("cell", { name: "Ada" }).waitFor();
    await admin.getByRole("tab", { name: "Structs" }).click();
    await admin.locator("pre").filter({ hasText: 'XmlElement "paragraph"' }).waitFor();
  });

  it("says that a room is not there, however long its name or odd the address", async () => {
    const name = `not-there-${"long".repeat(100)}`;
    await admin.goto(`${stage.server.url}/_/#/rooms/main/${name}`);
    await admin.getByText(/The room cannot be read: There is no room/).waitFor();
    await admin.setViewportSize({ width: 390, height: 800 });
    await until(admin, () => document.documentElement.scrollWidth <= innerWidth);
    await admin.setViewportSize({ width: 1280, height: 900 });
    await admin.goto(`${stage.server.url}/_/#/rooms/main/%`); // typed by hand
    await admin.getByText(/The room cannot be read/).waitFor();
    await toRoom();
  });

  it("exports, and the file is the document", async () => {
    const download = admin.waitForEvent("download");
    await admin.getByRole("button", { name: "Export" }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^doc-welcome.*\.yupdate$/);
    const { applyUpdate, Doc } = await import("yjs");
    const doc = new Doc();
    applyUpdate(doc, readFileSync(await file.path()));
    assert.match(doc.getXmlFragment("document").toString(), /First words\./);
  });

  it("re-checks and disconnects; who still may comes back", async () => {
    await admin.getByRole("button", { name: "Re-check" }).click();
    await admin.getByText("Everybody's rights are being asked for again").waitFor();
    await connection(ada, "Live");
    const closed = new Promise((resolve) => ada.on("websocket", (socket) => socket.url().includes("/doc-welcome") && resolve()));
    await admin.getByRole("button", { name: "Disconnect", exact: true }).first().click();
    await confirm("Disconnect");
    await admin.getByText(/is disconnected/).waitFor();
    await closed; // she dials again
    await connection(ada, "Live");
  });

  it("shows the content as what it is, and what is in the log, on disk and in the backend", async () => {
    await admin.getByRole("tab", { name: "JSON" }).click();
    await admin.locator("pre").filter({ hasText: "First words." }).waitFor();
    await admin.getByText("In the backend", { exact: true }).waitFor();
    await admin.locator(".step").filter({ hasText: "On disk" }).getByText("everything").waitFor();
  });

  it("freezes and unfreezes: the editor is locked, and what it says is true", async () => {
    await admin.getByRole("button", { name: "Freeze", exact: true }).click();
    await confirm("Cancel");
    await connection(ada, "Live");
    await admin.getByRole("button", { name: "Freeze", exact: true }).click();
    await confirm("Freeze the room");
    await connection(ada, "Read only");
    assert.equal(await editorOf(ada).getAttribute("contenteditable"), "false");
    await admin.getByRole("button", { name: "Unfreeze" }).click();
    await connection(ada, "Live");
    assert.equal(await editorOf(ada).getAttribute("contenteditable"), "true");
  });

  it("drains the server and takes it back; everybody returns", async () => {
    await admin.getByRole("button", { name: "Drain…" }).click();
    await admin.getByRole("combobox", { name: "How fast" }).selectOption("at once");
    await confirm("Drain the server");
    await admin.getByText("This server is drained").waitFor();
    await connection(ada, "Offline");
    await admin.getByRole("button", { name: "Take the drain back" }).click();
    await connection(ada, "Live");
    await admin.getByText("This server is drained").waitFor({ state: "detached" });
    await admin.getByRole("button", { name: "Drain…" }).waitFor();
  });

  it("looks at an earlier content and brings it back", async () => {
    await type(ada, "Second words. ");
    await shows(ada, "Second words.");
    await stored(ada);
    await toRoom();
    await admin.reload();
    await admin.locator("pre").filter({ hasText: "Second words." }).waitFor();
    const entries = admin.locator(".timeline li");
    await entries.first().waitFor();
    const restored = entries.nth("Second words. ".length + 1);
    await restored.getByRole("button", { name: "Look" }).click();
    await admin.getByText(/^as of #/).waitFor();
    await until(admin, () => !/Second words/.test(document.querySelector("pre")?.textContent ?? "Second words"));
    await restored.getByRole("button", { name: "Restore" }).click();
    await confirm("Bring it back");
    await admin.getByText("The earlier content is back").waitFor();
    await until(ada, () => !document.querySelector(".bn-editor").innerText.includes("Second words."));
    await connection(ada, "Live");
  });

  it("folds the history after a confirmation", async () => {
    await admin.getByRole("button", { name: "Compact" }).click();
    await confirm("Fold it");
    await admin.getByText("Log and snapshot are one again").waitFor();
    await admin.getByText("Everything is folded into the snapshot.").waitFor();
  });

  it("deletes after a confirmation, and the client is told", async () => {
    await admin.getByRole("button", { name: "Delete" }).click();
    await confirm("Cancel");
    await connection(ada, "Live");
    await shows(ada, "First words.");
    await admin.getByRole("button", { name: "Delete" }).click();
    await confirm("Delete the room");
    await admin.getByText(/is deleted/).waitFor();
    await ada.getByRole("heading", { name: "You cannot open this" }).waitFor();
    await ada.reload();
    await ada.getByRole("heading", { name: "You cannot open this" }).waitFor();
  });
});
