// CONTRACT tests 1 to 4, 7, 10, 14 to 16: who gets in, who stays in, and what the backend sees of it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { RawClient, refusal } from "../e2e/harness/raw.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { polled, until } from "../e2e/harness/until.mjs";
import { Backend, clockPasses } from "./backend.mjs";
import { hmacToken } from "./tokens.mjs";

const quick = ["--set", "auth.recheck_interval=500ms", "--set", "auth.resume_grace=1500ms", "--set", "save.interval=1s",
  "--set", "save.disconnect_debounce=300ms", "--set", "backend.timeout=1s"];

describe("access through the application's backend", () => {
  let backend, server;
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args: quick, env: backend.env });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("1: verify is asked with the user's token and both spellings of the room", async () => {
    await backend.token("t-1", "doc-ab-cd");
    const client = new Client("y-partykit", server, "doc-ab-cd", { params: { token: "t-1" } });
    await client.synced();
    await backend.caughtUp();
    const request = backend.requests.find((r) => r.route === "verify");
    assert.equal(request.method, "POST");
    assert.equal(request.headers.authorization, "Bearer t-1");
    assert.equal(Buffer.from(request.body, "base64").toString(), '{"roomId":"doc-ab-cd","resourceType":"doc","resourceId":"ab-cd"}');
    client.destroy();
  });

  it("1b: with backend.legacy_body the token is in verify's body as well", async () => {
    const legacy = await Server.start({ args: quick, env: { ...backend.env, RUNNEL_BACKEND_LEGACY_BODY: "true" } });
    await backend.token("t-1b", "doc-legacy");
    const client = new Client("y-partykit", legacy, "doc-legacy", { params: { token: "t-1b" } });
    await client.synced();
    await backend.caughtUp();
    const { body, headers } = backend.requests.filter((r) => r.route === "verify").at(-1);
    assert.equal(Buffer.from(body, "base64").toString(), '{"roomId":"doc-legacy","resourceType":"doc","resourceId":"legacy","token":"t-1b"}');
    assert.equal(headers.authorization, "Bearer t-1b");
    client.destroy();
    await legacy.stop();
  });

  it("7: the name behind the first dash reaches every endpoint intact", async () => {
    await backend.token("t-7", "doc-ab-cd");
    const client = new Client("y-partykit", server, "doc-ab-cd", { params: { token: "t-7" } });
    await client.synced();
    client.text.insert(0, "x");
    await backend.until(() => backend.count("snapshot:POST", "doc-ab-cd") > 0, "the save");
    await backend.until(() => backend.requests.some((r) => r.route === "check-access" && r.query.roomId === "doc-ab-cd"), "the re-check");
    assert.ok(backend.count("snapshot:GET", "doc-ab-cd") > 0);
    client.destroy();
  });

  it("2: a consumed one-time token resumes on the stock provider's own reconnect", async () => {
    await backend.token("t-2", "doc-resume");
    const client = new Client("y-partykit", server, "doc-resume", { params: { token: "t-2" } });
    await client.synced();
    await backend.caughtUp();
    const verified = backend.count("verify");
    client.text.insert(0, "before ");
    client.socket.terminate();
    await client.disconnected();
    client.text.insert(7, "and after");
    await client.synced();
    const reader = await reading(backend, server, "doc-resume");
    await reader.textIs("before and after");
    await backend.caughtUp();
    assert.equal(backend.count("verify"), verified + 1, "one for the reader, none for the reconnect");
    client.destroy();
    reader.destroy();
  });

  it("3: after the grace the same URL is refused with 401, without a storm", async () => {
    await backend.token("t-3", "doc-late");
    const client = new Client("y-partykit", server, "doc-late", { params: { token: "t-3" } });
    await client.synced();
    client.provider.disconnect();
    // A plain request is judged by the same verdict, and renews nothing.
    const url = `/parties/main/doc-late?_pk=${client.provider.id}&token=t-3`;
    await polled(async () => (await server.http(url)).status === 401, "the grace to end");
    await backend.caughtUp();
    const verified = backend.count("verify");
    const dials = [];
    const dialled = (listener) => {
      const refused = () => listener(dials.push(performance.now()));
      client.provider.on("connection-error", refused);
      return () => client.provider.off("connection-error", refused);
    };
    const begin = performance.now();
    void client.provider.connect();
    await until(() => dials.length >= 4, [dialled], "it to try again");
    assert.ok(dials[3] - begin >= 600, `four dials in ${dials[3] - begin} ms are a storm`);
    await backend.caughtUp();
    assert.equal(backend.count("verify"), verified, "the refusal is remembered");
    assert.equal((await refusal(server, url)).status, 401);
    client.destroy();
  });

  it("4: an outage of verify is 503 with Retry-After and never a refusal", async () => {
    for (const fault of [{ status: 500 }, { status: 502 }, { status: 429 }, { hang: true }, { reset: true }, { truncate: true }]) {
      await backend.token("t-4", "doc-out");
      await backend.faults({ verify: fault });
      const answer = await refusal(server, "/parties/main/doc-out?_pk=p4&token=t-4");
      assert.equal(answer.status, 503, JSON.stringify(fault));
      assert.ok(Number(answer.headers["retry-after"]) >= 1);
      assert.ok(!/AUTH_INVALID/.test(answer.body));
    }
    await backend.faults({});
    const client = new Client("y-partykit", server, "doc-out", { params: { token: "t-4" } });
    await client.synced();
    client.destroy();
  });

  it("4b: no token is 401, another room's token is 403, and y-websocket hears it as a close code", async () => {
    await backend.token("t-room", "doc-one");
    assert.equal((await refusal(server, "/parties/main/doc-one?_pk=a")).status, 401);
    assert.equal((await refusal(server, "/parties/main/doc-two?_pk=a&token=t-room")).status, 403);
    const raw = await RawClient.open(server, "/yjs/doc-one?token=nonsense");
    assert.equal((await raw.closeEvent()).code, 4401);
  });

  it("10: who loses access is told and put out within the interval; an error of check-access puts nobody out", async () => {
    await backend.token("t-10", "doc-revoke", { userId: "eve", userName: "Eve" });
    await backend.token("t-11", "doc-revoke", { userId: "bob", userName: "Bob" });
    const eve = await RawClient.open(server, "/parties/main/doc-revoke?_pk=eve&token=t-10");
    const bob = new Client("y-partykit", server, "doc-revoke", { params: { token: "t-11" } });
    await bob.synced();
    await backend.faults({ "check-access": { status: 500 } });
    const asked = backend.requests.length;
    await backend.until(() => backend.requests.slice(asked).filter((r) => r.query.userId === "eve").length >= 3, "three re-checks that fail");
    await eve.roundTrip();
    assert.equal(eve.ws.readyState, 1);
    await backend.faults({});
    await backend.setAccess("eve", { hasAccess: false });
    const message = await eve.message((m) => typeof m === "string" && m.includes("permission_revoked"), "permission_revoked");
    assert.deepEqual(JSON.parse(message), { type: "permission_revoked", reason: "Your access to this resource has been revoked" });
    assert.deepEqual(await eve.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
    assert.equal((await refusal(server, "/parties/main/doc-revoke?_pk=eve&token=t-10")).status, 403);
    assert.ok(bob.provider.wsconnected);
    bob.destroy();
  });

  it("10b: a downgrade makes a connection read-only without ending it", async () => {
    await backend.token("t-12", "doc-down", { userId: "carl", userName: "Carl" });
    const carl = new Client("y-partykit", server, "doc-down", { params: { token: "t-12" } });
    const reader = await reading(backend, server, "doc-down");
    await carl.synced();
    carl.text.insert(0, "allowed");
    await reader.textIs("allowed");
    await backend.setAccess("carl", { hasAccess: true, accessLevel: "view" });
    const asked = backend.requests.length;
    const checksCarl = (r) => r.route === "check-access" && r.query.userId === "carl";
    await backend.until(() => backend.requests.slice(asked).filter(checksCarl).length >= 2, "two re-checks");
    const refused = carl.refusedEdit();
    carl.text.insert(0, "not ");
    await refused;
    const late = await reading(backend, server, "doc-down");
    assert.equal(late.text.toString(), "allowed");
    assert.equal(reader.text.toString(), "allowed");
    late.destroy();
    assert.ok(carl.provider.wsconnected);
    carl.destroy();
    reader.destroy();
  });

  it("15: a guest who may view sees everything, is seen, and changes nothing", async () => {
    await backend.token("t-15", "doc-guest", { userId: "guest:1", userName: "Guest", accessLevel: "view", isGuest: true });
    const guest = new Client("y-partykit", server, "doc-guest", { params: { token: "t-15" } });
    const writer = await reading(backend, server, "doc-guest");
    await guest.synced();
    writer.text.insert(0, "shown");
    await guest.textIs("shown");
    guest.awareness.setLocalStateField("user", { name: "Guest" });
    await writer.sees((states) => [...states.values()].some((s) => s?.user?.name === "Guest"), "the guest");
    const refused = guest.refusedEdit();
    guest.text.insert(0, "hidden ");
    await refused;
    const late = await reading(backend, server, "doc-guest");
    assert.equal(late.text.toString(), "shown");
    assert.equal(writer.text.toString(), "shown");
    late.destroy();
    guest.destroy();
    writer.destroy();
  });

  it("logs and answers hold no token and no secret", async () => {
    await refusal(server, "/parties/main/doc-x?_pk=a&token=a-token-that-nobody-may-see");
    assert.ok(!server.log.includes(backend.secret));
    for (const token of ["t-1", "t-10", "a-token-that-nobody-may-see"]) assert.ok(!server.log.includes(`${token}"`) && !server.log.includes(`=${token}`));
  });
});

describe("a restart of the server", () => {
  it("stock clients with consumed one-time tokens resume, and the backend is not asked again", async () => {
    const backend = await Backend.start();
    const args = [...quick, "--set", "auth.resume_grace=10s"];
    const first = await Server.start({ args, env: backend.env });
    first.ownsDir = false;
    const token = await backend.token("t-restart", "doc-restart");
    const client = new Client("y-partykit", first, "doc-restart", { params: { token } });
    await client.synced();
    await backend.caughtUp();
    const verified = backend.count("verify");
    await first.kill();
    await client.disconnected();
    client.text.insert(0, "typed while it was away");
    const second = await Server.start({ dataDir: first.dataDir, port: first.port, args, env: backend.env });
    await client.synced();
    assert.ok(client.provider.wsconnected);
    await backend.until(() => backend.stored("doc-restart") !== null, "the save");
    assert.equal(backend.count("verify"), verified);
    assert.equal((await refusal(second, "/parties/main/doc-restart?_pk=another&token=t-restart")).status, 401, "for its own _pk only");
    client.destroy();
    await second.stop();
    first.ownsDir = true;
    await first.stop();
    await backend.stop();
  });
});

describe("without a decision about access", () => {
  it("serve lets nobody in; auth.mode none does, with a warning in the log and in /readyz", async () => {
    const closed = await Server.start({ args: [] });
    assert.equal((await refusal(closed, "/parties/main/any?_pk=x")).status, 401);
    assert.equal((await refusal(closed, "/parties/main/any?_pk=x&token=made-up")).status, 401);
    await closed.stop();
    const open = await Server.start({ args: ["--set", "auth.mode=none"] });
    assert.match(open.log, /warning .*auth\.mode is none/);
    assert.match(await (await open.http("/readyz")).text(), /auth\.mode is none/);
    (await RawClient.open(open, "/parties/main/any?_pk=x")).ws.terminate();
    await open.stop();
  });

  it("auth.mode hmac without a secret starts, says so, and calls no token bad", async () => {
    const server = await Server.start({ args: ["--set", "auth.mode=hmac"], env: { PARTYKIT_SECRET: "" } });
    assert.match(server.log, /neither auth\.secret nor backend\.secret/);
    assert.match(await (await server.http("/readyz")).text(), /neither auth\.secret nor backend\.secret/);
    const signedWithNothing = hmacToken("", { sub: "u1", room: "doc-h", exp: Date.now() + 60_000 });
    assert.equal((await refusal(server, `/parties/main/doc-h?_pk=x&token=${signedWithNothing}`)).status, 503);
    await server.stop();
  });

  it("fail_open = false puts out who cannot be confirmed, and lets them back when the backend answers", async () => {
    const backend = await Backend.start();
    const server = await Server.start({ args: [...quick, "--set", "auth.fail_open=false"], env: backend.env });
    await backend.token("t-strict", "doc-strict");
    const raw = await RawClient.open(server, "/parties/main/doc-strict?_pk=s&token=t-strict");
    await backend.faults({ "check-access": { status: 503 } });
    assert.equal((await raw.control("permission_revoked")).reason, "Your access to this resource could not be confirmed");
    assert.deepEqual(await raw.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
    await backend.faults({});
    await backend.token("t-strict-2", "doc-strict");
    (await RawClient.open(server, "/parties/main/doc-strict?_pk=s&token=t-strict-2")).ws.terminate();
    await server.stop();
    await backend.stop();
  });
});

async function reading(backend, server, room) {
  const token = await backend.token(`t-${room}-${Math.random()}`, room, { userId: "reader", userName: "Reader" });
  const client = new Client("y-partykit", server, room, { params: { token } });
  await client.synced();
  return client;
}

describe("frame mode", () => {
  it("says why in a typed message, then closes after a growing delay", async () => {
    const backend = await Backend.start();
    const server = await Server.start({ args: [...quick, "--set", "auth.reject=frame"], env: backend.env });
    try {
      const delays = [];
      for (let i = 0; i < 4; ++i) {
        const raw = await RawClient.open(server, "/parties/main/doc-f?_pk=f&token=bad");
        const start = performance.now();
        const message = await raw.message((m) => typeof m === "string", "the refusal");
        assert.deepEqual(JSON.parse(message), { type: "auth_error", code: "AUTH_INVALID" });
        assert.deepEqual(await raw.closeEvent(), { code: 1008, reason: "AUTH_INVALID" });
        delays.push(performance.now() - start);
      }
      assert.ok(delays[3] > delays[0] * 2, delays.join());
      await backend.faults({ verify: { status: 500 } });
      const outage = await RawClient.open(server, "/parties/main/doc-f?_pk=f&token=unknown");
      assert.deepEqual(await outage.control("error"), { type: "error", code: "SERVER_INTERNAL_ERROR" });
      assert.deepEqual(await outage.closeEvent(), { code: 1011, reason: "SERVER_INTERNAL_ERROR" });
      await backend.faults({});
      const missing = await RawClient.open(server, "/parties/main/doc-f?_pk=f");
      assert.deepEqual(JSON.parse(await missing.message((m) => typeof m === "string", "the refusal")), { type: "auth_error", code: "AUTH_MISSING" });
    } finally {
      await server.stop();
      await backend.stop();
    }
  });
});

describe("14: the HMAC token", () => {
  const secret = "hmac-secret-91ab";
  const mint = (claims) => hmacToken(secret, claims);
  const claims = { sub: "u1", name: "Ada", room: "doc-h" };
  let backend, server;
  before(async () => {
    backend = await Backend.start({ secret });
    server = await Server.start({ args: [...quick, "--set", "auth.mode=hmac"], env: backend.env });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("lets in without a verify call; an exp off by a thousand is refused", async () => {
    const exp = Date.now() + 60_000;
    const client = new Client("y-partykit", server, "doc-h", { params: { token: mint({ ...claims, exp }) } });
    await client.synced();
    assert.equal(backend.count("verify"), 0);
    client.destroy();
    for (const wrong of [Math.floor(exp / 1000), exp * 1000]) {
      const token = mint({ ...claims, exp: wrong });
      assert.equal((await refusal(server, `/parties/main/doc-h?_pk=a&token=${token}`)).status, 401);
    }
    const elsewhere = mint({ ...claims, room: "doc-other", exp });
    assert.equal((await refusal(server, `/parties/main/doc-h?_pk=a&token=${elsewhere}`)).status, 403);
    const forged = mint({ ...claims, exp }).slice(0, -3) + "AAA";
    assert.equal((await refusal(server, `/parties/main/doc-h?_pk=a&token=${forged}`)).status, 401);
  });

  it("a guest's token with accessLevel view reads", async () => {
    const token = mint({ sub: "guest:9", name: "G", room: "doc-h", exp: Date.now() + 60_000, isGuest: true, accessLevel: "view", shareId: "s1" });
    const guest = new Client("y-partykit", server, "doc-h", { params: { token } });
    await guest.synced();
    const writer = new Client("y-partykit", server, "doc-h", { params: { token: mint({ ...claims, exp: Date.now() + 60_000 }) } });
    await writer.synced();
    guest.text.insert(0, "no");
    writer.text.insert(0, "yes");
    await guest.holds((c) => c.text.toString().includes("yes"), "the writer's text");
    assert.equal(writer.text.toString(), "yes");
    await backend.until(() => backend.requests.some((r) => r.query.shareId === "s1"), "the re-check with the share link");
    guest.destroy();
    writer.destroy();
  });

  it("2b: a restart of the server locks no stock client out", async () => {
    const exp = Date.now() + 1500;
    const client = new Client("y-partykit", server, "doc-h", { params: { token: mint({ ...claims, exp }) } });
    await client.synced();
    const { port } = server;
    await server.kill();
    await clockPasses(exp);
    // A stock client waits up to 2.5 s between two dials, which the grace has to cover.
    const args = ["--set", "auth.mode=hmac", "--set", "auth.resume_grace=10s"];
    const again = await Server.start({ dataDir: server.dataDir, port, args, env: backend.env });
    again.ownsDir = true;
    server = again;
    await until(() => client.provider.wsconnected, [(listener) => { client.provider.on("status", listener); return () => client.provider.off("status", listener); }], "the stock client to be back");
    client.destroy();
  });
});

