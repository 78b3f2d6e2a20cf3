// Role B: the binary is the backend. Its endpoints as an application would call them, and a second
// Runnel that uses the first one as its HTTP backend.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { RawClient, refusal } from "../e2e/harness/raw.mjs";
import { Server } from "../e2e/harness/server.mjs";
import * as Y from "../e2e/harness/yjs.mjs";
import { polled, until } from "../e2e/harness/until.mjs";

const secret = "shared-secret-of-both-77";
const quick = ["--set", "auth.recheck_interval=500ms", "--set", "save.interval=500ms", "--set", "save.disconnect_debounce=300ms"];
const bearer = { authorization: `Bearer ${secret}` };
const asJson = { ...bearer, "content-type": "application/json" };

describe("the embedded backend", () => {
  let first, second;

  const post = async (path, body) => {
    const response = await first.http(path, { method: "POST", headers: asJson, body: JSON.stringify(body) });
    return { status: response.status, body: response.status === 204 ? null : await response.json() };
  };
  const mint = async (userId, roomId, kind) => (await post("/collaboration/token", { userId, roomId, kind })).body.token;
  const snapshot = async (room) => {
    const response = await first.http(`/collaboration/snapshot?roomId=${room}`, { headers: bearer });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  };
  const textOf = (bytes) => {
    const doc = new Y.Doc();
    if (bytes) Y.applyUpdate(doc, bytes);
    return doc.getText("text").toString();
  };

  before(async () => {
    first = await Server.start({ args: quick, env: { RUNNEL_BACKEND_SECRET: secret } });
    for (const id of ["ada", "bob"]) await post("/api/users", { id, name: id });
    await post("/api/workspaces", { id: "w1", name: "Work" });
    await post("/api/workspaces/w1/documents", { id: "plan", title: "Plan" });
    await post("/api/workspaces/w1/diagrams", { id: "map", title: "Map" });
    await first.http("/api/workspaces/w1/members/ada", { method: "PUT", headers: asJson, body: '{"role":"member"}' });
    await first.http("/api/documents/plan/members/ada", { method: "PUT", headers: asJson, body: '{"role":"editor"}' });
    await first.http("/api/documents/plan/members/bob", { method: "PUT", headers: asJson, body: '{"role":"viewer"}' });
    second = await Server.start({ args: quick, env: { CONVEX_SITE_URL: `http://${first.host}`, PARTYKIT_SECRET: secret } });
  });
  after(async () => {
    await second?.stop();
    await first?.stop();
  });

  it("who has no right gets no token, and no token opens no resource", async () => {
    assert.equal((await post("/collaboration/token", { userId: "bob", roomId: "diagram-map" })).status, 403);
    assert.equal((await refusal(first, "/parties/main/doc-plan?_pk=x")).status, 401);
  });

  it("one-time and HMAC tokens open the server that minted them", async () => {
    for (const kind of ["one-time", "hmac"]) {
      const client = new Client("y-partykit", first, "doc-plan", { params: { token: await mint("ada", "doc-plan", kind) } });
      await client.synced();
      client.destroy();
    }
  });

  it("a guest enters with a share link, reads, and is put out when it is taken back; also of a second Runnel", async () => {
    const link = (await post("/api/documents/plan/share-links", { access: "view" })).body;
    for (const server of [first, second]) {
      const { body } = await post("/collaboration/token", { roomId: "doc-plan", shareId: link.id });
      assert.equal(body.accessLevel, "view");
      const guest = new Client("y-partykit", server, "doc-plan", { params: { token: body.token } });
      await guest.synced();
      const refused = guest.refusedEdit();
      guest.text.insert(0, "no ");
      await refused;
      guest.destroy();
    }
    const { body } = await post("/collaboration/token", { roomId: "doc-plan", shareId: link.id });
    const guest = await RawClient.open(second, `/parties/main/doc-plan?_pk=guest&token=${body.token}`);
    await first.http(`/api/share-links/${link.id}`, { method: "DELETE", headers: bearer });
    await guest.control("permission_revoked");
    assert.deepEqual(await guest.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
    assert.equal((await post("/collaboration/token", { roomId: "doc-plan", shareId: link.id })).status, 403);
  });

  it("a right that is taken away in the tables puts out at once, whatever the interval; who is in the workspace is told", async () => {
    const slow = await Server.start({ args: ["--set", "auth.recheck_interval=1h"], env: { RUNNEL_BACKEND_SECRET: secret } });
    const ask = (method, path, body) => slow.http(path, { method, headers: asJson, ...(body ? { body: JSON.stringify(body) } : {}) });
    const enter = async (userId, room, path) => {
      const { token } = await (await ask("POST", "/collaboration/token", { userId, roomId: room })).json();
      return RawClient.open(slow, `${path}?_pk=${userId}&token=${token}`);
    };
    const hints = (tab) => tab.messages.filter((text) => typeof text === "string" && JSON.parse(text).type === "workspace_changed").length;
    try {
      await ask("POST", "/api/users", { id: "bob", name: "bob" });
      await ask("POST", "/api/workspaces", { id: "w2", name: "Work" });
      await ask("PUT", "/api/workspaces/w2/members/bob", { role: "member" });
      await ask("POST", "/api/workspaces/w2/documents", { id: "notes", title: "Notes" });
      await ask("PUT", "/api/documents/notes/members/bob", { role: "editor" });
      const inside = await enter("bob", "doc-notes", "/parties/main/doc-notes");
      const looking = await enter("bob", "presence-w2", "/parties/presence/w2");
      await ask("PUT", "/api/documents/notes/members/bob", { role: "viewer" });
      await inside.control("access_level");
      await polled(() => hints(looking) === 1, "the hint");
      await ask("DELETE", "/api/documents/notes/members/bob");
      await inside.control("permission_revoked");
      assert.deepEqual(await inside.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
      await polled(() => hints(looking) === 2, "the second hint");
      await ask("DELETE", "/api/workspaces/w2/members/bob");
      assert.deepEqual(await looking.closeEvent(), { code: 1008, reason: "AUTH_FORBIDDEN" });
    } finally {
      await slow.stop();
    }
  });

  it("a second Runnel verifies, loads, saves and re-checks at the first", async () => {
    const client = new Client("y-partykit", second, "doc-plan", { params: { token: await mint("ada", "doc-plan") } });
    await client.synced();
    client.text.insert(0, "by way of the second");
    await polled(async () => textOf(await snapshot("doc-plan")).includes("by way of the second"), "the first to have the text");
    const viewer = new Client("y-partykit", second, "doc-plan", { params: { token: await mint("bob", "doc-plan") } });
    await viewer.textIs("by way of the second");
    const refused = viewer.refusedEdit();
    viewer.text.insert(0, "no ");
    await refused;
    assert.equal(client.text.toString(), "by way of the second");
    await first.http("/api/documents/plan/members/bob", { method: "DELETE", headers: bearer });
    await until(() => !viewer.provider.wsconnected, [(listener) => {
      viewer.provider.on("status", listener);
      return () => viewer.provider.off("status", listener);
    }], "the viewer to be put out");
    client.destroy();
    viewer.destroy();
  });

  it("a deletion alone is saved, and a snapshot that covers less is 409", async () => {
    const client = new Client("y-partykit", second, "doc-plan", { params: { token: await mint("ada", "doc-plan") } });
    await client.synced();
    const before = Y.encodeStateAsUpdate(client.doc);
    client.text.delete(0, client.text.length);
    await polled(async () => textOf(await snapshot("doc-plan")) === "", "the deletion at the first");
    const stale = await first.http("/collaboration/snapshot?roomId=doc-plan", { method: "POST", headers: bearer, body: before });
    assert.equal(stale.status, 409);
    assert.deepEqual(await stale.json(), { error: "PERSIST_STALE_SNAPSHOT" });
    client.destroy();
  });

  it("what the first's own clients write is merged with what the second saves", async () => {
    const here = new Client("y-partykit", first, "doc-plan", { params: { token: await mint("ada", "doc-plan") } });
    const there = new Client("y-partykit", second, "doc-plan", { params: { token: await mint("ada", "doc-plan") } });
    await Promise.all([here.synced(), there.synced()]);
    here.text.insert(0, "here ");
    there.text.insert(0, "there ");
    await polled(async () => {
      const text = textOf(await snapshot("doc-plan"));
      return text.includes("here ") && text.includes("there ");
    }, "both in one snapshot");
    here.destroy();
    there.destroy();
  });

  it("neither log holds the secret", () => {
    for (const server of [first, second]) assert.ok(!server.log.includes(secret));
  });
});
