// The tests' hand on the scripted backend: its tokens, snapshots and faults, and what it was asked.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { keep, keepChild } from "../e2e/harness/leftovers.mjs";
import { until, withDeadline } from "../e2e/harness/until.mjs";

const script = fileURLToPath(new URL("backend_process.mjs", import.meta.url));

export class Backend {
  constructor() {
    this.state = { secret: "backend-secret-3f9c1d", tokens: {}, access: {}, snapshots: {}, faults: {}, etags: false };
    this.requests = [];
    this.listeners = new Set();
    this.port = 0;
    this.asked = 0;
  }

  static async start(options = {}) {
    const backend = new Backend();
    Object.assign(backend.state, options);
    await backend.launch();
    return backend;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get secret() {
    return this.state.secret;
  }

  /** What makes a server use this backend. */
  get env() {
    return { CONVEX_SITE_URL: this.url, PARTYKIT_SECRET: this.secret };
  }

  async launch() {
    this.child = fork(script, [String(this.port)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    keepChild(this.child);
    this.forgotten ??= keep(() => this.stop());
    this.child.on("message", (message) => this.#take(message));
    this.child.send({ state: this.state });
    await this.#message((message) => message.kind === "listening");
  }

  async kill() {
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  async stop() {
    this.forgotten();
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill();
  }

  #take(message) {
    if (message.kind === "listening") this.port = message.port;
    if (message.kind === "request") this.requests.push(message);
    if (message.kind === "used") delete this.state.tokens[message.token];
    if (message.kind === "stored") {
      const { bytes, revision } = message;
      this.state.snapshots[message.room] = { bytes, revision };
    }
    for (const listener of [...this.listeners]) listener(message);
  }

  #message(wanted) {
    const found = new Promise((resolve) => {
      const listener = (message) => {
        if (!wanted(message)) return;
        this.listeners.delete(listener);
        resolve(message);
      };
      this.listeners.add(listener);
    });
    return withDeadline(found, 10_000, () => "the scripted backend");
  }

  async #tell(change) {
    const ask = ++this.asked;
    const obeyed = this.#message((message) => message.kind === "obeyed" && message.ask === ask);
    this.child.send({ ...change, ask });
    await obeyed;
  }

  /** Until everything that it was asked so far is in `requests`: a client may hear its answer sooner. */
  caughtUp() {
    return this.#tell({});
  }

  /** Faults by route ("verify", "check-access", "snapshot:GET", "snapshot:POST", "loadBody"), or by "route room". */
  async faults(faults) {
    this.state.faults = faults;
    await this.#tell({ faults });
  }

  async token(token, room, identity = {}) {
    this.state.tokens[token] = { room, userId: "u1", userName: "Ada", ...identity };
    await this.#tell({ tokens: { [token]: this.state.tokens[token] } });
    return token;
  }

  async setAccess(userId, answer) {
    this.state.access[userId] = answer;
    await this.#tell({ access: { [userId]: answer } });
  }

  async store(room, bytes) {
    const revision = (this.state.snapshots[room]?.revision ?? 0) + 1;
    this.state.snapshots[room] = { bytes: Buffer.from(bytes).toString("base64"), revision };
    await this.#tell({ snapshots: { [room]: this.state.snapshots[room] } });
  }

  stored(room) {
    const snapshot = this.state.snapshots[room];
    return snapshot ? Buffer.from(snapshot.bytes, "base64") : null;
  }

  count(route, room) {
    return this.requests.filter((r) => r.route === route && (room === undefined || r.query.roomId === room)).length;
  }

  changes = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Until `condition()` holds, looked at after whatever the backend reports. */
  until(condition, what, limitMs) {
    return until(condition, [this.changes], what, limitMs);
  }
}

/** Until the wall clock is past `ms`: for what a token or a grace says about time itself. */
export const clockPasses = (ms) => new Promise((resolve) => setTimeout(resolve, ms - Date.now() + 5));

/**
 * A room of its own whose saves tell that time has passed for saves: whatever another room had to send
 * within an interval has been sent when a change made after it has been saved twice.
 */
export class Marker {
  constructor(backend, client, room) {
    Object.assign(this, { backend, client, room });
  }

  async saves(count = 2) {
    for (let i = 0; i < count; ++i) {
      const had = this.backend.state.snapshots[this.room]?.revision ?? 0;
      this.client.text.insert(0, "m");
      await this.backend.until(() => (this.backend.state.snapshots[this.room]?.revision ?? 0) > had, `a save of ${this.room}`, 60_000);
    }
  }
}
