// The dashboard does what it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { adminSecret, connection, openLive, shows, Stage, stored, type } from "./harness.mjs";

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
