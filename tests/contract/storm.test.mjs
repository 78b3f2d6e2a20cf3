// A thousand clients whose tokens are refused, for a minute, dialling as the stock provider does:
// what it costs the backend and the server is bounded, and a good client gets in all the same.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { Backend } from "./backend.mjs";

const CLIENTS = 1000;
const SECONDS = Number(process.env.RUNNEL_STORM_SECONDS ?? 60);

/** CPU of a process so far, user and system, in milliseconds. */
function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** One client of y-partykit 0.0.33: waits min(100 * 2^k, 2500) ms after a refused upgrade. */
class RefusedClient {
  constructor(port, index, statuses) {
    Object.assign(this, { port, index, statuses, attempts: 0, stopped: false });
  }

  dial() {
    if (this.stopped) return;
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" };
    const path = `/parties/main/doc-storm?_pk=p${this.index}&token=bad-${this.index}`;
    const ask = request({ host: "127.0.0.1", port: this.port, path, headers });
    const again = () => {
      if (!this.stopped) this.timer = setTimeout(() => this.dial(), Math.min(100 * 2 ** this.attempts++, 2500));
    };
    ask.on("response", (response) => {
      this.statuses.set(response.statusCode, (this.statuses.get(response.statusCode) ?? 0) + 1);
      response.resume();
      response.on("close", again);
    });
    ask.on("upgrade", (_response, socket) => {
      this.statuses.set(101, (this.statuses.get(101) ?? 0) + 1);
      socket.destroy();
    });
    ask.on("error", again);
    ask.end();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}

it(`${CLIENTS} refused clients for ${SECONDS} s cost bounded backend calls and CPU`, { timeout: (SECONDS + 60) * 1000 }, async () => {
  const backend = await Backend.start();
  const limits = ["--set", "limits.handshakes_per_second=100000", "--set", "limits.connections_per_address=100000"];
  const server = await Server.start({ args: limits, env: backend.env });
  const statuses = new Map();
  const clients = Array.from({ length: CLIENTS }, (_, index) => new RefusedClient(server.port, index, statuses));
  try {
    const cpuBefore = cpuMs(server.child.pid);
    clients.forEach((client) => client.dial());
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    const cpu = cpuMs(server.child.pid) - cpuBefore;
    const answers = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    const verified = backend.count("verify");
    console.log(`${answers} refusals ${JSON.stringify([...statuses])}, ${verified} verify calls, ${cpu} ms of CPU (${((1000 * cpu) / answers).toFixed(0)} us each)`);
    assert.equal(statuses.get(101) ?? 0, 0);
    assert.ok(verified <= 200 + 10 * (SECONDS + 2), `${verified} verify calls`);
    assert.ok(cpu < SECONDS * 1000 * 0.5, `${cpu} ms of CPU in ${SECONDS} s`);
    await backend.token("good", "doc-storm");
    const good = new Client("y-partykit", server, "doc-storm", { params: { token: "good" } });
    clients.forEach((client) => client.stop());
    await good.synced(30_000);
    good.destroy();
  } finally {
    clients.forEach((client) => client.stop());
    await server.stop();
    await backend.stop();
  }
});
