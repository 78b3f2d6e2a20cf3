// Starting, idling, ending: what a person who runs the server sees.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as Y from "yjs";
import { Client, dialectNames, sameState } from "./harness/clients.mjs";
import { Server } from "./harness/server.mjs";

describe("lifecycle", () => {
  it("SIGTERM under load loses nothing and exits within 10 s", async () => {
    const server = await Server.start();
    const clients = dialectNames.map((dialect) => new Client(dialect, server, "term"));
    await Promise.all(clients.map((client) => client.synced()));
    const received = [];
    for (const client of clients) {
      client.doc.on("update", (update, origin) => {
        if (origin === client.provider) received.push(update);
      });
    }
    const typing = setInterval(() => clients.forEach((client) => client.text.insert(0, "t")), 5);
    await clients[0].holds(({ text }) => text.length >= 100, "some traffic");
    const { code, tookMs } = await server.terminate();
    clearInterval(typing);
    assert.equal(code, 0);
    assert.ok(tookMs < 10_000);
    clients.forEach((client) => client.destroy());

    const again = await Server.start({ dataDir: server.dataDir });
    const fresh = new Client("y-websocket", again, "term");
    await fresh.synced();
    let missing = 0;
    fresh.doc.on("update", () => ++missing);
    Y.applyUpdate(fresh.doc, Y.mergeUpdates(received));
    assert.equal(missing, 0, "an update that another client had received is not there after the restart");
    fresh.destroy();
    await again.stop();
    server.ownsDir = true;
    await server.stop();
  });

  it("a kill -9 and a restart are nothing but a short pause to the clients", async () => {
    const server = await Server.start();
    const clients = dialectNames.map((dialect) => new Client(dialect, server, "pause"));
    await Promise.all(clients.map((client) => client.synced()));
    clients[0].text.insert(0, "before ");
    await Promise.all(clients.map((client) => client.textIs("before ")));
    await server.kill();
    await Promise.all(clients.map((client) => client.disconnected()));
    clients.forEach((client, i) => client.doc.getMap("offline").set(String(i), true));
    const again = await Server.start({ dataDir: server.dataDir, port: server.port });
    const complete = ({ doc }) => doc.getMap("offline").size === clients.length;
    await Promise.all(clients.map((client) => client.holds(complete, "what was edited during the pause")));
    for (const client of clients) assert.ok(sameState(client.doc, clients[0].doc));
    clients.forEach((client) => client.destroy());
    await again.stop();
    server.ownsDir = true;
    await server.stop();
  });

  it("idle clients of every dialect stay connected over their 30 s limit", { timeout: 120_000 }, async () => {
    const server = await Server.start();
    const clients = dialectNames.map((dialect) => new Client(dialect, server, `idle-${dialect}`));
    await Promise.all(clients.map((client) => client.synced()));
    // Nothing of theirs is echoed: without an awareness state they send nothing that could be.
    clients.forEach((client) => client.awareness.setLocalState(null));
    let closes = 0;
    clients.forEach((client) => client.provider.on("connection-close", () => ++closes));
    // The limit is the providers' own, in real time: two of their 30 s windows have to pass.
    await new Promise((resolve) => setTimeout(resolve, 65_000));
    assert.equal(closes, 0);
    for (const client of clients) assert.ok(client.provider.wsconnected, client.dialect);
    clients.forEach((client) => client.destroy());
    await server.stop();
  });

  it("answers health and readiness", async () => {
    const server = await Server.start();
    assert.equal((await server.http("/healthz")).status, 200);
    assert.equal((await server.http("/readyz")).status, 200);
    const metrics = await (await server.http("/metrics")).text();
    assert.match(metrics, /^# TYPE runnel_/m);
    // Prometheus' conventions: counters end in _total, units are base units.
    for (const [, name, kind] of metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      assert.equal(name.endsWith("_total"), kind === "counter", name);
      assert.doesNotMatch(name, /_(ms|us|kb|mb)(_|$)/);
    }
    await server.stop();
  });

  it("exports every metric that the Grafana dashboard shows", async () => {
    const server = await Server.start();
    const metrics = await (await server.http("/metrics")).text();
    const dashboard = readFileSync(new URL("../../docs/grafana/runnel.json", import.meta.url), "utf8");
    const shown = new Set(dashboard.match(/\b(runnel|process)_\w+/g));
    assert.ok(shown.size >= 12);
    for (const name of shown) assert.match(metrics, new RegExp(`^${name}[ {]`, "m"));
    await server.stop();
  });
});
