// CONTRACT test 16: the party `presence` over real WebSockets, with the application's backend behind
// it and with the embedded one: JSON in both directions, tabs of one user as one person, re-checks.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RawClient, refusal } from "../e2e/harness/raw.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { Backend } from "./backend.mjs";

const quick = ["--set", "auth.recheck_interval=300ms", "--set", "auth.resume_grace=30s"];
const path = (workspace, key, token) => `/parties/presence/${workspace}?_pk=${key}&token=${token}`;

/** One tab: its socket, and what it has been told, in order. */
class Tab {
  static async open(server, workspace, key, token) {
    const tab = new Tab();
    tab.raw = await RawClient.open(server, path(workspace, key, token));
    return tab;
  }

  get told() {
    return this.raw.messages.map((message) => JSON.parse(message));
  }

  says(fields) {
    this.raw.sendJson({ type: "presence_update", ...fields });
  }

  /** The first message of that type that is so, seen or still to come. */
  async hears(type, so = () => true) {
    const wanted = (text) => typeof text === "string" && JSON.parse(text).type === type && so(JSON.parse(text));
    return JSON.parse(await this.raw.message(wanted, `${type}; told so far: ${this.raw.messages.join(" ")}`));
  }

  users() {
    return this.hears("presence_snapshot").then((message) => message.users);
  }

  leave() {
    this.raw.ws.close();
    return this.raw.closeEvent();
  }
}

const at = (userId, location) => (message) => message.user.userId === userId && message.user.location === location;

describe("16: presence, the application's backend decides", () => {
  let backend, server;
  let made = 0;
  const open = async (userId, workspace = "w-1", identity = {}) => {
    const token = await backend.token(`p-${++made}`, `presence-${workspace}`, { userId, userName: userId.toUpperCase(), ...identity });
    return Tab.open(server, workspace, `tab-${made}`, token);
  };
  before(async () => {
    backend = await Backend.start();
    server = await Server.start({ args: quick, env: backend.env });
  });
  after(async () => {
    await server?.stop();
    await backend?.stop();
  });

  it("the room is presence-{workspace} towards verify, and a document's token does not open it", async () => {
    const ada = await open("ada", "w-ab-cd");
    await backend.caughtUp();
    const { body } = backend.requests.find((r) => r.route === "verify");
    assert.equal(Buffer.from(body, "base64").toString(), '{"roomId":"presence-w-ab-cd","resourceType":"presence","resourceId":"w-ab-cd"}');
    assert.equal(backend.count("snapshot:GET"), 0, "nothing is loaded for it");
    await backend.token("of-a-doc", "doc-w-1");
    assert.equal((await refusal(server, path("w-1", "x", "of-a-doc"))).status, 403);
    assert.equal((await refusal(server, "/parties/presence/w-1?_pk=x")).status, 401);
    assert.equal((await refusal(server, path("w-1", "x", "made-up"))).status, 401);
    await ada.leave();
  });

  it("update in; snapshot, changes and farewells out, with the identity that the backend gave", async () => {
    const ada = await open("ada");
    assert.deepEqual(await ada.users(), []);
    ada.says({ location: "doc-1", color: "#f00", userId: "somebody-else", userName: "Forged" });
    const shown = { location: "doc-1", color: "#f00", userId: "ada", userName: "ADA" };
    assert.deepEqual((await ada.hears("presence_changed", at("ada", "doc-1"))).user, shown);

    const bob = await open("bob", "w-1", { userImage: "bob.png" });
    assert.deepEqual(await bob.users(), [shown]);
    bob.says({ location: "doc-2" });
    const { user } = await ada.hears("presence_changed", at("bob", "doc-2"));
    assert.deepEqual(user, { location: "doc-2", userId: "bob", userName: "BOB", userImage: "bob.png" });

    const elsewhere = await open("eve", "w-2");
    elsewhere.says({ location: "doc-9" });
    await elsewhere.hears("presence_changed", at("eve", "doc-9"));
    bob.raw.ws.terminate();
    assert.deepEqual(await ada.hears("user_left_presence"), { type: "user_left_presence", userId: "bob" });
    assert.ok(!ada.told.some((message) => message.user?.userId === "eve"), "another workspace is another room");
    await ada.leave();
    await elsewhere.leave();
  });

  it("several tabs of one user are one person, shown by the latest, gone with the last", async () => {
    const watcher = await open("watcher", "w-tabs");
    const first = await open("ada", "w-tabs");
    first.says({ location: "doc-1" });
    await watcher.hears("presence_changed", at("ada", "doc-1"));
    const second = await open("ada", "w-tabs");
    assert.equal((await second.users()).length, 1);
    second.says({ location: "doc-2" });
    await watcher.hears("presence_changed", at("ada", "doc-2"));
    const late = await open("late", "w-tabs");
    assert.deepEqual((await late.users()).map((user) => [user.userId, user.location]), [["ada", "doc-2"]]);
    await second.leave();
    // Back to what the tab that is left has said; then that goes as well.
    await watcher.hears("presence_changed", () => watcher.told.filter((m) => m.user?.location === "doc-1").length === 2);
    await first.leave();
    await watcher.hears("user_left_presence");
    const ofAda = watcher.told.filter((m) => m.user?.userId === "ada" || m.userId === "ada");
    assert.deepEqual(ofAda.map((m) => m.user?.location ?? m.type), ["doc-1", "doc-2", "doc-1", "user_left_presence"]);
    await watcher.leave();
    await late.leave();
  });

  it("a consumed token resumes on the same URL, as every room's", async () => {
    const tab = await open("ada", "w-again");
    await backend.caughtUp();
    const verified = backend.count("verify");
    await tab.leave();
    const back = await Tab.open(server, "w-again", `tab-${made}`, `p-${made}`);
    assert.deepEqual(await back.users(), []);
    await backend.caughtUp();
    assert.equal(backend.count("verify"), verified);
    await back.leave();
  });

  it("is re-checked like every room: one question for all tabs; who loses access is told and put out", async () => {
    const [one, two] = [await open("mallory", "w-re"), await open("mallory", "w-re")];
    const friend = await open("friend", "w-re");
    one.says({ location: "doc-1" });
    await friend.hears("presence_changed", at("mallory", "doc-1"));
    const about = () => backend.requests.filter((r) => r.route === "check-access" && r.query.userId === "mallory");
    await backend.until(() => about().length >= 2, "two re-checks");
    assert.equal(about()[0].query.roomId, "presence-w-re");
    assert.ok(about()[1].at - about()[0].at >= 200, "both tabs share a question");
    await backend.setAccess("mallory", { hasAccess: false });
    for (const tab of [one, two]) {
      assert.equal((await tab.hears("permission_revoked")).reason, "Your access to this resource has been revoked");
      assert.deepEqual(await tab.raw.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
    }
    assert.deepEqual(await friend.hears("user_left_presence"), { type: "user_left_presence", userId: "mallory" });
    await friend.leave();
  });

  it("token_refresh renews the verdict in-band, and nobody becomes somebody else by it", async () => {
    const tab = await open("ada", "w-fresh");
    const fresh = await backend.token("p-fresh", "presence-w-fresh", { userId: "ada", userName: "ADA" });
    tab.raw.sendJson({ type: "token_refresh", token: fresh });
    assert.deepEqual(await tab.hears("auth_ok"), { type: "auth_ok", userId: "ada", userName: "ADA", accessLevel: "edit" });
    await tab.leave();
    await backend.caughtUp();
    const verified = backend.count("verify");
    const back = await Tab.open(server, "w-fresh", `tab-${made}`, fresh);
    await backend.caughtUp();
    assert.equal(backend.count("verify"), verified);
    const others = await backend.token("p-others", "presence-w-fresh", { userId: "eve", userName: "Eve" });
    back.raw.sendJson({ type: "token_refresh", token: others });
    assert.deepEqual(await back.hears("error"), { type: "error", code: "AUTH_FORBIDDEN" });
    back.says({ location: "still ada" });
    await back.hears("presence_changed", at("ada", "still ada"));
    await back.leave();
  });

  it("what is no message harms nobody else, and too much of it ends its sender", async () => {
    const good = await open("good", "w-bad");
    const bad = await open("bad", "w-bad");
    for (let i = 0; i < 10; ++i) bad.raw.ws.send("{ not JSON");
    bad.says({ location: "still here" });
    await good.hears("presence_changed", at("bad", "still here"));
    for (let i = 0; i < 15; ++i) bad.raw.ws.send(Buffer.of(0, 0, 1, 0));
    assert.deepEqual(await bad.raw.closeEvent(), { code: 1008, reason: "TOO_MANY_ERRORS" });
    await good.hears("user_left_presence");
    await good.leave();
  });
});

describe("16: presence, the embedded backend decides", () => {
  const secret = "presence-shared-secret-8";
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  let server;
  const api = (method, url, body) => server.http(url, { method, headers, body: body && JSON.stringify(body) });
  const mint = (userId, roomId) => api("POST", "/collaboration/token", { userId, roomId });
  before(async () => {
    server = await Server.start({ args: quick, env: { RUNNEL_BACKEND_SECRET: secret } });
    for (const id of ["ada", "bob"]) await api("POST", "/api/users", { id, name: id });
    await api("POST", "/api/workspaces", { id: "w1", name: "Work" });
    await api("PUT", "/api/workspaces/w1/members/ada", { role: "member" });
  });
  after(() => server?.stop());

  it("a member of the workspace gets in, nobody else, and a removal ends it", async () => {
    assert.equal((await mint("bob", "presence-w1")).status, 403);
    const { token } = await (await mint("ada", "presence-w1")).json();
    const ada = await Tab.open(server, "w1", "t1", token);
    ada.says({ location: "home" });
    const { user } = await ada.hears("presence_changed");
    assert.deepEqual(user, { location: "home", userId: "ada", userName: "ada" });
    assert.equal((await refusal(server, "/parties/presence/w1?_pk=x")).status, 401);
    await api("DELETE", "/api/workspaces/w1/members/ada");
    await ada.hears("permission_revoked");
    assert.deepEqual(await ada.raw.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
  });
});
