// Real browsers against the real binary: `runnel dev` with its demo people, Chromium under Playwright.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = process.env.RUNNEL_BIN ?? join(root, "build/release/runnel");
const pictures = process.env.RUNNEL_PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });

export const adminSecret = "test-admin-secret";
const deadlineMs = 20_000;

/** `runnel dev` on a data directory that survives its kills. */
export class DevServer {
  static async start(args = []) {
    const server = new DevServer();
    server.dataDir = mkdtempSync(join(tmpdir(), "runnel-web-"));
    server.args = args;
    server.port = 0;
    await server.launch();
    return server;
  }

  async launch() {
    const args = ["dev", "--port", String(this.port), "--data", this.dataDir, "--set", "auth.recheck_interval=1s", ...this.args];
    this.child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, RUNNEL_ADMIN_SECRET: adminSecret } });
    this.exited = once(this.child, "exit");
    this.log = "";
    await new Promise((resolve, reject) => {
      const read = (chunk) => {
        this.log += chunk;
        const found = /listening on http:\/\/[^\s:]+:(\d+)/.exec(this.log);
        if (!found) return;
        this.port = Number(found[1]);
        resolve();
      };
      this.child.stdout.on("data", read);
      this.child.stderr.on("data", read);
      this.child.on("exit", () => reject(new Error(`runnel dev ended before it listened:\n${this.log}`)));
    });
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** What the server itself holds of a room, as XML. */
  async content(room) {
    const response = await fetch(`${this.url}/v1/rooms/${room}/doc?format=xml&root=document`, {
      headers: { authorization: `Bearer ${adminSecret}` },
    });
    assert.equal(response.status, 200, await response.clone().text());
    return response.text();
  }

  async kill() {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--js-flags=--expose-gc",
];

/** A server, a browser and the people in it. `leave` ends a test: everybody goes, and nobody saw a fault. */
export class Stage {
  static async open(args) {
    const stage = new Stage();
    stage.server = await DevServer.start(args);
    stage.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
    stage.contexts = [];
    stage.hosts = new Set([new URL(stage.server.url).host]); // whom a page may ask
    stage.faults = [];
    return stage;
  }

  async profile(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 820 }, ...options });
    context.setDefaultTimeout(deadlineMs);
    context.on("page", (page) => {
      page.on("pageerror", (error) => this.faults.push(`error in the page: ${error}`));
      page.on("request", (request) => {
        const { protocol, host } = new URL(request.url());
        if (protocol.startsWith("http") && !this.hosts.has(host)) this.faults.push(`asked elsewhere: ${request.url()}`);
      });
    });
    this.contexts.push(context);
    return context;
  }

  /** One person in a browser profile of their own, signed in. */
  async person(name, options) {
    const page = await (await this.profile(options)).newPage();
    await page.goto(this.server.url);
    await page.getByRole("button", { name }).click();
    await page.getByRole("navigation", { name: "Workspace" }).waitFor();
    return page;
  }

  people(...names) {
    return Promise.all(names.map((name) => this.person(name)));
  }

  async leave() {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
    assert.deepEqual(this.faults.splice(0), []);
  }

  async close() {
    await this.browser?.close();
    await this.server?.stop();
  }
}

export async function open(page, title) {
  await page.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: title }).click();
  await page.getByRole("heading", { name: title, level: 2 }).waitFor();
}

export async function openLive(title, ...pages) {
  await Promise.all(pages.map(async (page) => {
    await open(page, title);
    await connection(page, "Live");
  }));
}

export const editorOf = (page) => page.locator(".bn-editor");

/** Types at the end of the document. */
export async function type(page, text, options) {
  await editorOf(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(text, options);
}

export const shows = (page, text) => editorOf(page).getByText(text).first().waitFor();

/** The paragraphs of the document, without the names at other people's cursors. */
export const paragraphs = (page) =>
  editorOf(page).evaluate((editor) =>
    [...editor.querySelectorAll(".bn-inline-content")].map((inline) => {
      const copy = inline.cloneNode(true);
      copy.querySelectorAll(".ProseMirror-widget").forEach((widget) => widget.remove());
      return copy.textContent.replaceAll("\u2060", "");
    }));

/** Waits until all show the same document, with each of these texts once, and gives it. */
export async function converge(pages, texts) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const [first, ...rest] = (await Promise.all(pages.map(paragraphs))).map((all) => all.join("\n"));
    const same = rest.every((other) => other === first);
    if (same && texts.every((text) => first.split(text).length === 2)) return first;
    if (Date.now() > end) assert.fail(`the documents did not become one:\n${[first, ...rest].join("\n----\n")}`);
    await pages[0].evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
}

/** Asks again, frame by frame, until the answer is true. */
export const until = (page, condition, argument) => page.waitForFunction(condition, argument, { polling: "raf" });

export const connection = (page, text) => page.getByTestId("connection").filter({ hasText: text }).waitFor();

export const saving = (page, text) => page.getByTestId("saving").filter({ hasText: text }).waitFor();

/** On the server's disk, whether or not the backend has it too. */
export const stored = (page) => saving(page, /Saved$|Saved everywhere/);

export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}
