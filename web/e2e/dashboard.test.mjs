// The dashboard does what it says.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { adminSecret, connection, DevServer, editorOf, launchBrowser, open, person, picture, shows, type } from "./harness.mjs";

describe("the dashboard", () => {
  let server;
  let browser;
  let ada;
  let admin;
  before(async () => {
    server = await DevServer.start(["--set", "rooms.persist=history"]);
    browser = await launchBrowser();
    ada = await person(browser, server, "Ada");
    await open(ada, "Welcome");
    await connection(ada, "Live");
    await type(ada, "First words. ");
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    admin = await context.newPage();
    admin.setDefaultTimeout(20_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("refuses a wrong secret and opens with the right one", async () => {
    await admin.goto(`${server.url}/_/`);
    await admin.getByLabel("Admin secret").fill("wrong");
    await admin.getByRole("button", { name: "Open the dashboard" }).click();
    await admin.getByText("This is not the admin secret.").waitFor();
    await admin.getByLabel("Admin secret").fill(adminSecret);
    await admin.getByRole("button", { name: "Open the dashboard" }).click();
    await admin.getByRole("heading", { name: "Rooms" }).waitFor();
    await admin.locator(".chart strong").filter({ hasText: /^[1-9]/ }).first().waitFor();
    await picture(admin, "dashboard");
  });

  it("shows the room with its people and its content", async () => {
    await admin.locator("tbody a").filter({ hasText: /^doc-/ }).first().click();
    await admin.getByRole("cell", { name: "Ada" }).waitFor();
    await admin.locator("pre").filter({ hasText: "First words." }).waitFor();
    await admin.getByRole("heading", { name: "Timeline" }).waitFor();
    await picture(admin, "dashboard-room");
  });

  it("freezes and unfreezes", async () => {
    await admin.getByRole("button", { name: "Freeze", exact: true }).click();
    await connection(ada, "Read only");
    assert.equal(await editorOf(ada).getAttribute("contenteditable"), "false");
    await admin.getByRole("button", { name: "Unfreeze" }).click();
    await connection(ada, "Live");
  });

  it("compacts, exports and disconnects", async () => {
    await admin.getByRole("button", { name: "Compact" }).click();
    await admin.getByText("Log and snapshot are one again").waitFor();
    const download = admin.waitForEvent("download");
    await admin.getByRole("button", { name: "Export" }).click();
    assert.match((await download).suggestedFilename(), /^doc-.*\.yupdate$/);
    await admin.getByRole("button", { name: "Disconnect", exact: true }).first().click();
    await admin.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await admin.getByText(/is disconnected/).waitFor();
    await connection(ada, "Live"); // comes back: her access was not taken away
  });

  it("brings an earlier content back", async () => {
    await type(ada, "Second words. ");
    await shows(ada, "Second words.");
    await admin.reload();
    const entries = admin.locator(".timeline li");
    await entries.first().waitFor();
    await entries.last().getByRole("button", { name: "Restore" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Bring it back" }).click();
    await admin.getByText("The earlier content is back").waitFor();
    await ada.waitForFunction(() => !document.querySelector(".bn-editor").innerText.includes("Second words."));
  });

  it("deletes after a confirmation, and the client is told", async () => {
    await admin.getByRole("button", { name: "Delete" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await connection(ada, "Live");
    await admin.getByRole("button", { name: "Delete" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Delete the room" }).click();
    await admin.getByText(/is deleted/).waitFor();
    await ada.getByRole("heading", { name: "You cannot open this" }).waitFor();
  });
});
