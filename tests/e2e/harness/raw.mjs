// A bare WebSocket for what no stock provider would send.
import { once } from "node:events";
import { WebSocket } from "ws";
import { keep } from "./leftovers.mjs";
import { DEADLINE_MS, withDeadline } from "./until.mjs";

export class RawClient {
  static async open(server, path, options = {}) {
    const raw = new RawClient();
    raw.messages = [];
    raw.waiting = [];
    raw.ws = new WebSocket(`ws://${server.host}${path}`, options);
    raw.ws.binaryType = "nodebuffer";
    raw.ws.on("message", (data, isBinary) => {
      raw.messages.push(isBinary ? data : data.toString());
      raw.waiting.splice(0).forEach((check) => check());
    });
    raw.closed = new Promise((resolve) => raw.ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
    raw.ws.on("error", () => undefined);
    const forget = keep(() => raw.ws.terminate());
    raw.ws.on("close", forget);
    await withDeadline(
      Promise.race([
        once(raw.ws, "open"),
        once(raw.ws, "unexpected-response").then(([, response]) => {
          throw Object.assign(new Error(`HTTP ${response.statusCode}`), { status: response.statusCode });
        }),
      ]),
      DEADLINE_MS,
      () => `the upgrade of ${path}`,
    );
    return raw;
  }

  /** The first control message of that type, seen or still to come. */
  async control(type) {
    return JSON.parse(await this.message((m) => typeof m === "string" && JSON.parse(m).type === type, type));
  }

  /** Until the server has answered a SyncStep1, and with it everything that was sent before. */
  async roundTrip() {
    const answers = () => this.messages.filter((m) => Buffer.isBuffer(m) && m[0] === 0 && m[1] === 1).length;
    const had = answers();
    this.ws.send(Buffer.of(0, 0, 1, 0));
    await this.message(() => answers() > had, "an answer to SyncStep1");
  }

  sendJson(value) {
    this.ws.send(JSON.stringify(value));
  }

  /** The first message that satisfies `wanted`, seen or still to come. */
  message(wanted, what) {
    const find = () => this.messages.find(wanted);
    const found = new Promise((resolve) => {
      const check = () => {
        const message = find();
        if (message !== undefined) resolve(message);
        else this.waiting.push(check);
      };
      check();
    });
    return withDeadline(found, DEADLINE_MS, () => what);
  }

  closeEvent() {
    return withDeadline(this.closed, DEADLINE_MS, () => "the server to close the connection");
  }

  /** Bytes below the WebSocket layer. */
  writeRaw(bytes) {
    this.ws._socket.write(bytes);
  }
}

/** Status of a refused upgrade. */
export async function refusal(server, path, headers = {}) {
  const ws = new WebSocket(`ws://${server.host}${path}`, { headers });
  const answer = new Promise((resolve, reject) => {
    ws.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    ws.on("open", () => {
      ws.terminate();
      reject(new Error(`${path} was accepted`));
    });
    ws.on("error", () => undefined);
  });
  return withDeadline(answer, DEADLINE_MS, () => `the refusal of ${path}`);
}
