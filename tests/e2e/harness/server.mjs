// The real binary as a child process: started on a free port, awaited until it says so, killed for good.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keep, keepChild } from "./leftovers.mjs";
import { DEADLINE_MS, until, withDeadline } from "./until.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const binary = process.env.RUNNEL_BIN ?? join(root, "build/release/runnel");

const START_MS = 20_000;

export class Server {
  /** Starts the binary on `dataDir` (default: a fresh one). `args` follow the command `serve`. */
  /** `cwd`: where it looks for runnel.toml and partykit.json. */
  static async start({ dataDir, port = 0, args = ["--set", "auth.mode=none"], env = {}, cwd, command } = {}) {
    const server = new Server();
    server.ownsDir = dataDir === undefined;
    server.dataDir = dataDir ?? mkdtempSync(join(tmpdir(), "runnel-e2e-"));
    const line = command ?? ["serve", "--port", String(port), "--data", server.dataDir, ...args];
    server.child = spawn(binary, line, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    keepChild(server.child);
    server.forgotten = keep(() => server.stop());
    server.log = "";
    server.readers = new Set();
    server.exited = once(server.child, "exit");
    const listening = new Promise((resolve, reject) => {
      const read = (chunk) => {
        server.log += chunk;
        const found = /listening on (https?:\/\/([^\s:]+|\[[^\]]+\]):(\d+))/.exec(server.log);
        if (found) resolve(found);
        server.readers.forEach((reader) => reader());
      };
      server.child.stdout.on("data", read);
      server.child.stderr.on("data", read);
      server.child.on("error", reject);
      server.child.on("exit", (code, signal) =>
        reject(new Error(`${binary} ended (${code ?? signal}) before it listened:\n${server.log}`)),
      );
    });
    const found = await withDeadline(listening, START_MS, () => `the server to listen; it said:\n${server.log}`);
    server.port = Number(found[3]);
    server.host = `127.0.0.1:${server.port}`;
    return server;
  }

  /** As the kernel does it when memory runs out: no chance to write anything. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  /** SIGTERM, and how long the exit took, ms. */
  async terminate(limitMs = 10_000) {
    const start = performance.now();
    this.child.kill("SIGTERM");
    const [code, signal] = await withDeadline(this.exited, limitMs, () => `the exit after SIGTERM:\n${this.log}`);
    return { code, signal, tookMs: performance.now() - start };
  }

  async stop() {
    this.forgotten();
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill();
    if (this.ownsDir) rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Until the log says what `pattern` matches, from its character `from` on. */
  logs(pattern, { from = 0, limitMs = DEADLINE_MS } = {}) {
    const changes = (listener) => {
      this.readers.add(listener);
      return () => this.readers.delete(listener);
    };
    return until(() => pattern.test(this.log.slice(from)), [changes], () => `the log to say ${pattern}; it says:\n${this.log}`, limitMs);
  }

  http(path, init) {
    return fetch(`http://${this.host}${path}`, init);
  }
}
