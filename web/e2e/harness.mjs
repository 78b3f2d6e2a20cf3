// Real browsers against the real binary: `runnel dev` with its demo people, Chromium under Playwright.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = process.env.RUNNEL_BIN ?? join(root, "build/release/runnel");
export const pictures = process.env.RUNNEL_PICTURES ?? mkdtempSync(join(tmpdir(), "runnel-pictures-"));
mkdirSync(pictures, { recursive: true });

export const adminSecret = "test-admin-secret";

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

export const launchBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

/** One person at one browser profile, signed in. */
export async function person(browser, server, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  await page.goto(server.url);
  await page.getByRole("button", { name }).click();
  await page.getByRole("navigation", { name: "Workspace" }).waitFor();
  return page;
}

export async function open(page, title) {
  await page.getByRole("navigation", { name: "Workspace" }).getByRole("link", { name: title }).click();
  await page.getByRole("heading", { name: title, level: 2 }).waitFor();
}

export const editorOf = (page) => page.locator(".bn-editor");

/** Types at the end of the document. */
export async function type(page, text) {
  await editorOf(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(text);
}

export const shows = (page, text) => editorOf(page).getByText(text).first().waitFor();

export const connection = (page, text) => page.getByTestId("connection").filter({ hasText: text }).waitFor();

export const saving = (page, text) => page.getByTestId("saving").filter({ hasText: text }).waitFor();

export const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });
