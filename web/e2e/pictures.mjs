// Makes the screenshots of docs/pictures: a small story in the demo workspace, and the dashboard beside it.
// usage: RUNNEL_BIN=../build/gcc/runnel RUNNEL_PICTURES=../docs/pictures node e2e/pictures.mjs
import { adminSecret, connection, converge, editorOf, openLive, picture, saving, shows, Stage, stored, type, until } from "./harness.mjs";

const stage = await Stage.open(["--set", "rooms.persist=history", "--set", "save.interval=2s"]);
const size = { viewport: { width: 1200, height: 760 } };
const [ada, grace, linus] = await Promise.all(["Ada", "Grace", "Linus"].map((name) => stage.person(name, size)));

/** Lines as somebody types them; BlockNote turns `# `, `- ` and `[] ` into blocks. */
async function write(page, lines) {
  await editorOf(page).click();
  for (const line of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
  }
}

/** The caret stands at the end of the block with this text. */
async function putCaret(page, text) {
  await editorOf(page).getByText(text).first().click();
  await page.keyboard.press("End");
}

async function document() {
  await openLive("Welcome", ada, grace, linus);
  await write(ada, [
    "# Launch plan",
    "Everybody edits this page at once. What one types is in the log before the others see it, so nothing that anybody saw is ever lost.",
    "## This week",
    "[] Agree on the wording of the announcement",
    "Invite the first three teams",
    "Pull the plug once, and watch nothing happen",
    "",
    "## Open questions",
    "- Who looks after the second region?",
    "Do guests need to comment?",
  ]);
  await Promise.all([grace, linus].map((page) => shows(page, "Do guests need to comment?")));
  await putCaret(linus, "Who looks after the second region?");
  await linus.keyboard.type(" I can.");
  await putCaret(grace, "Invite the first three teams");
  await grace.keyboard.type(" on Monday");
  await converge([ada, grace, linus], ["I can.", "on Monday"]);
  await ada.getByRole("heading", { name: "Welcome", level: 2 }).hover();
  await Promise.all(["Grace", "Linus"].map((name) => ada.locator(".bn-collaboration-cursor__caret").filter({ hasText: name }).waitFor()));
  await saving(ada, "Saved everywhere");
  await picture(ada, "demo-document");
  await grace.getByRole("button", { name: "Use the dark theme" }).click();
  await putCaret(ada, "Agree on the wording");
  await ada.keyboard.type(", today");
  await shows(grace, ", today");
  await picture(grace, "demo-document-dark");
  await grace.getByRole("button", { name: "Use the light theme" }).click();
}

async function diagram() {
  await openLive("Architecture", ada, grace);
  const box = await ada.locator(".excalidraw canvas.interactive").boundingBox();
  const at = (x, y) => [box.x + x, box.y + y];
  const drag = async (page, tool, from, to) => {
    await page.locator(`label:has([data-testid=toolbar-${tool}])`).click();
    await page.mouse.move(...at(...from));
    await page.mouse.down();
    await page.mouse.move(...at(...to), { steps: 6 });
    await page.mouse.up();
  };
  const label = async (page, text) => {
    await page.keyboard.press("Enter");
    await page.locator("textarea.excalidraw-wysiwyg").waitFor();
    await page.keyboard.type(text);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
  };
  await drag(ada, "rectangle", [250, 170], [430, 260]);
  await label(ada, "Browsers");
  await drag(ada, "rectangle", [520, 170], [700, 260]);
  await label(ada, "Runnel");
  await drag(ada, "arrow", [438, 215], [512, 215]);
  await ada.keyboard.press("Escape");
  await until(grace, () => globalThis.runnelDemo.elements() === 5);
  await drag(grace, "ellipse", [520, 370], [700, 460]);
  await label(grace, "SQLite");
  await drag(grace, "arrow", [610, 268], [610, 362]);
  await grace.keyboard.press("Escape");
  await until(ada, () => globalThis.runnelDemo.elements() === 8);
  await grace.mouse.move(...at(660, 330));
  await until(ada, () => globalThis.runnelDemo.pointers().includes("Grace"));
  await stored(ada);
  await ada.mouse.move(...at(300, 420));
  await picture(ada, "demo-diagram");
}

async function offline() {
  await openLive("Roadmap", ada, grace);
  await write(ada, ["# Roadmap", "First the log, then everybody else."]);
  await stored(ada);
  await stage.server.kill();
  await connection(ada, "Offline");
  await ada.keyboard.type("Written while the server is away: it stays in this browser until it can go.");
  await saving(ada, "Saved here");
  await picture(ada, "demo-offline");
  await stage.server.launch();
  await connection(ada, "Live");
}

async function share() {
  await openLive("Welcome", ada);
  await ada.getByRole("button", { name: "Share" }).click();
  await ada.getByRole("button", { name: "New link for viewers" }).click();
  await ada.getByRole("textbox", { name: "Link" }).first().waitFor();
  await picture(ada, "demo-share");
  await ada.getByRole("button", { name: "Done" }).click();
}

async function home() {
  await ada.getByRole("link", { name: "Demo workspace" }).click();
  await ada.getByRole("heading", { name: "People" }).waitFor();
  await picture(ada, "demo-home");
}

async function dashboard() {
  const admin = await (await stage.profile({ viewport: { width: 1200, height: 860 } })).newPage();
  await admin.goto(`${stage.server.url}/_/`);
  await admin.getByLabel("Admin secret").fill(adminSecret);
  await admin.getByRole("button", { name: "Open the dashboard" }).click();
  await admin.getByRole("heading", { name: "Rooms" }).waitFor();
  await openLive("Welcome", ada, grace, linus);
  for (let round = 0; round < 4; ++round) await type(linus, "A little life for the charts. ", { delay: 40 });
  await picture(admin, "dashboard");
  await admin.locator("tbody a").filter({ hasText: /^doc-welcome/ }).first().click();
  await admin.getByRole("cell", { name: "Ada" }).waitFor();
  await admin.locator("#room-content pre, section.card pre").first().waitFor();
  await picture(admin, "dashboard-room");
}

try {
  for (const scene of [document, diagram, offline, share, home, dashboard]) await scene();
} finally {
  await stage.close();
}
