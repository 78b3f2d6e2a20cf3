// What changes a connection's rights while it is open: a token_refresh of the client, a re-check or a
// kick that the application pushes.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { RawClient, refusal } from "../e2e/harness/raw.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { DEADLINE_MS, providerEvents, until, withDeadline } from "../e2e/harness/until.mjs";
import { Backend, clockPasses } from "./backend.mjs";
import { hmacToken } from "./tokens.mjs";

const admin = "admin-secret-of-control";
const asAdmin = { authorization: `Bearer ${admin}`, "content-type": "application/json" };
// Nothing is re-checked but what is pushed.
const quick = ["--set", "auth.recheck_interval=1h", "--set", "save.interval=500ms", "--set", "backend.timeout=1s"];
const path = (room, key, token) => `/parties/main/${room}?_pk=${key}&token=${token}`;

/** What the server answers to a refresh; at most one a second and connection is looked at. */
async function refreshed(raw, token, type = "token_refresh") {
  raw.messages.length = 0;
  raw.sendJson({ type, token });
  return JSON.parse(await raw.message((m) => typeof m === "string" && /"(auth_ok|error)"/.test(m), "the answer to a refresh"));
}

describe("token_refresh with one-time tokens", () => {
  let backend, server;
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args: [...quick, "--set", "auth.resume_grace=1s"], env: backend.env });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("renews the verdict: the client comes back with the new token without another verify call", async () => {
    await backend.token("r-1", "doc-r1");
    const raw = await RawClient.open(server, path("doc-r1", "k1", "r-1"));
    await backend.token("r-2", "doc-r1");
    assert.deepEqual(await refreshed(raw, "r-2"), { type: "auth_ok", userId: "u1", userName: "Ada", accessLevel: "edit" });
    await backend.caughtUp();
    const request = backend.requests.filter((r) => r.route === "verify").at(-1);
    assert.equal(request.headers.authorization, "Bearer r-2");
    assert.equal(JSON.parse(Buffer.from(request.body, "base64")).roomId, "doc-r1");
    const verified = backend.count("verify");
    raw.ws.terminate();
    await raw.closeEvent();
    const back = await RawClient.open(server, path("doc-r1", "k1", "r-2"));
    await backend.caughtUp();
    assert.equal(backend.count("verify"), verified);
    back.ws.terminate();
  });

  it("with another user's token changes nothing, nor does a bad one or an outage", async () => {
    await backend.token("r-3", "doc-r2");
    await backend.token("r-other", "doc-r2", { userId: "u2", userName: "Eve", accessLevel: "edit" });
    await backend.token("r-room", "doc-elsewhere");
    const cases = [["r-other", "AUTH_FORBIDDEN"], ["made-up", "AUTH_INVALID"], ["r-room", "AUTH_FORBIDDEN"]];
    for (const [token, code] of cases) {
      const raw = await RawClient.open(server, path("doc-r2", "k2", "r-3"));
      assert.deepEqual(await refreshed(raw, token), { type: "error", code });
      await raw.roundTrip();
      raw.ws.terminate();
      await raw.closeEvent();
    }
    const raw = await RawClient.open(server, path("doc-r2", "k2", "r-3"));
    await backend.faults({ verify: { status: 500 } });
    assert.deepEqual(await refreshed(raw, "r-later"), { type: "error", code: "SERVICE_UNAVAILABLE" });
    await backend.faults({});
    await raw.roundTrip();
    raw.ws.terminate();
  });

  it("a refresh that says another level changes it at once, without a reconnect", async () => {
    await backend.token("r-4", "doc-r3", { accessLevel: "view" });
    const raw = await RawClient.open(server, path("doc-r3", "k3", "r-4"));
    assert.deepEqual(await raw.control("access_level"), { type: "access_level", level: "view" });
    await backend.token("r-5", "doc-r3", { accessLevel: "edit" });
    assert.equal((await refreshed(raw, "r-5", "auth")).accessLevel, "edit");
    assert.ok(raw.messages.includes('{"type":"access_level","level":"edit"}'), raw.messages.join());
    raw.ws.terminate();
  });

  it("more than one a second is answered without asking the backend", async () => {
    await backend.token("r-6", "doc-r4");
    const raw = await RawClient.open(server, path("doc-r4", "k4", "r-6"));
    await backend.caughtUp();
    const verified = backend.count("verify");
    for (let i = 0; i < 20; ++i) raw.sendJson({ type: "token_refresh", token: `guess-${i}` });
    await raw.roundTrip();
    await until(() => raw.messages.filter((m) => typeof m === "string" && m.includes("AUTH_")).length === 20,
      [(listener) => { raw.ws.on("message", listener); return () => raw.ws.off("message", listener); }], "20 answers");
    await backend.caughtUp();
    assert.equal(backend.count("verify"), verified + 1);
    raw.ws.terminate();
  });
});

describe("token_refresh after expiry", () => {
  const secret = "hmac-secret-of-refresh";
  const mint = (inMs, claims = {}) => hmacToken(secret, { sub: "u1", name: "Ada", room: "doc-x", exp: Date.now() + inMs, ...claims });
  let backend, server;
  before(async () => {
    backend = await Backend.start({ secret });
    server = await Server.start({ args: [...quick, "--set", "auth.mode=hmac", "--set", "auth.resume_grace=500ms"], env: backend.env });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("an open connection outlives its token, an expired refresh is refused, a fresh one renews it", async () => {
    const exp = Date.now() + 300;
    const old = hmacToken(secret, { sub: "u1", name: "Ada", room: "doc-x", exp });
    const raw = await RawClient.open(server, path("doc-x", "x1", old));
    await clockPasses(exp);
    await raw.roundTrip();
    assert.deepEqual(await refreshed(raw, old), { type: "error", code: "AUTH_INVALID" });
    raw.ws.terminate();
    await raw.closeEvent();
    // The same URL again within the grace, and a token that is good.
    const again = await RawClient.open(server, path("doc-x", "x1", old));
    const fresh = mint(60_000);
    assert.equal((await refreshed(again, fresh)).type, "auth_ok");
    again.ws.terminate();
    await again.closeEvent();
    await clockPasses(Date.now() + 700); // the grace of both
    assert.equal((await refusal(server, path("doc-x", "x1", old))).status, 401);
    (await RawClient.open(server, path("doc-x", "x1", fresh))).ws.terminate();
    assert.ok(!server.log.includes(fresh.split(".")[1]) && !server.log.includes(old.split(".")[1]));
  });
});

describe("a pushed re-check, and a kick", () => {
  let backend, server;
  let made = 0;
  const post = async (room, action, body, headers = asAdmin) => {
    const response = await server.http(`/v1/rooms/${room}/${action}`, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
    return { status: response.status, body: await response.json() };
  };
  const dial = async (room, userId, dialect = "y-partykit", identity = {}) => {
    const token = await backend.token(`c-${++made}`, room, { userId, userName: userId, ...identity });
    const client = new Client(dialect, server, room, { params: { token } });
    await client.synced();
    client.texts = [];
    client.socket.addEventListener("message", ({ data }) => typeof data === "string" && client.texts.push(JSON.parse(data)));
    client.over = new Promise((resolve) => {
      client.socket.addEventListener("close", ({ code, reason }) => resolve((client.closed = { code, reason: String(reason) })));
    });
    return client;
  };
  const told = (client, wanted, what) =>
    until(() => client.texts.some(wanted), [(listener) => {
      client.socket.addEventListener("message", listener);
      return () => client.socket.removeEventListener("message", listener);
    }], () => `${what}; told: ${JSON.stringify(client.texts)}`);
  const closed = (client) => withDeadline(client.over, DEADLINE_MS, () => "the connection to be closed");
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args: quick, env: { ...backend.env, RUNNEL_ADMIN_SECRET: admin } });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("needs the admin secret; the backend's secret is not it", async () => {
    for (const action of ["recheck", "kick"]) {
      for (const authorization of ["", "Bearer wrong", `Bearer ${backend.secret}`]) {
        assert.equal((await post("doc-any", action, {}, { authorization })).status, 401);
      }
    }
  });

  it("revoked: permission_revoked, 1008 AUTH_FORBIDDEN, out for good; the others stay", async () => {
    const eve = await dial("doc-c1", "eve");
    const bob = await dial("doc-c1", "bob");
    await backend.setAccess("eve", { hasAccess: false });
    await backend.caughtUp();
    const asked = backend.count("check-access");
    assert.deepEqual(await post("doc-c1", "recheck"), { status: 202, body: { users: 2 } });
    await closed(eve);
    assert.deepEqual(eve.texts.at(-1), { type: "permission_revoked", reason: "Your access to this resource has been revoked" });
    assert.deepEqual(eve.closed, { code: 1008, reason: "AUTH_FORBIDDEN" });
    await backend.until(() => backend.count("check-access") === asked + 2, "one question for each");
    assert.equal((await refusal(server, path("doc-c1", eve.provider.id, `c-${made - 1}`))).status, 403);
    assert.ok(bob.provider.wsconnected);
    eve.destroy();
    bob.destroy();
  });

  it("revoked on y-websocket: 4403, which stops its stock client", async () => {
    const ws = await dial("doc-c2", "wanda", "y-websocket");
    await backend.setAccess("wanda", { hasAccess: false });
    await post("doc-c2", "recheck");
    await closed(ws);
    assert.deepEqual(ws.closed, { code: 4403, reason: "AUTH_FORBIDDEN" });
    await until(() => !ws.provider.shouldConnect, [providerEvents(ws.provider)], "the client to give up");
    ws.destroy();
  });

  it("downgraded: read-only from then on without a reconnect; upgraded: what was held back arrives", async () => {
    const carl = await dial("doc-c3", "carl");
    const dora = await dial("doc-c3", "dora");
    carl.text.insert(0, "one ");
    await dora.textIs("one ");
    const socket = carl.socket;
    await backend.setAccess("carl", { hasAccess: true, accessLevel: "view" });
    await post("doc-c3", "recheck");
    await told(carl, (m) => m.type === "access_level" && m.level === "view", "access_level view");
    carl.text.insert(4, "two ");
    await told(carl, (m) => m.code === "READ_ONLY", "READ_ONLY");
    const fresh = await dial("doc-c3", "fay");
    assert.equal(fresh.text.toString(), "one ", "who comes later sees nothing of it either");
    dora.text.insert(0, "zero ");
    await carl.holds((c) => c.text.toString().startsWith("zero one "), "what others write");
    assert.equal(dora.text.toString(), "zero one ");

    await backend.setAccess("carl", { hasAccess: true, accessLevel: "edit" });
    await post("doc-c3", "recheck");
    await told(carl, (m) => m.type === "access_level" && m.level === "edit", "access_level edit");
    await dora.textIs("zero one two ");
    carl.text.insert(carl.text.length, "three");
    await dora.textIs("zero one two three");
    assert.equal(carl.socket, socket, "all on one connection");
    for (const client of [carl, dora, fresh]) client.destroy();
  });

  it("kick closes one user's connections, with the reason; a stock client comes back if it may", async () => {
    const gus = await dial("doc-c4", "gus");
    const hal = await dial("doc-c4", "hal");
    assert.deepEqual(await post("doc-c4", "kick", { user: "gus", reason: "maintenance" }), { status: 200, body: { closed: 1 } });
    await closed(gus);
    assert.deepEqual(gus.closed, { code: 1000, reason: "maintenance" });
    assert.ok(hal.provider.wsconnected && !hal.closed);
    await gus.synced();
    gus.text.insert(0, "back");
    await hal.textIs("back");
    assert.deepEqual(await post("doc-c4", "kick"), { status: 200, body: { closed: 2 } });
    await Promise.all([gus.synced(), closed(hal)]);
    assert.equal((await post("doc-c4", "kick", { connection: "nonsense" })).status, 400);
    gus.destroy();
    hal.destroy();
  });
});
