// The Convex functions over HTTP, row by row of the contract.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { anyApi as api } from "convex/server";
import { startBridge } from "./bridge.mjs";

const secret = "convex-secret-55";
let bridge, documentId, diagramId;

const ask = (path, init = {}) => fetch(bridge.url + path, init);
const asServer = { authorization: `Bearer ${secret}` };
const verify = (token, roomId) =>
  ask("/collaboration/verify", { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ roomId }) });
const tokenFor = async (subject, roomId) =>
  (await bridge.inTurn(() => bridge.convex.withIdentity({ subject, name: subject }).action(api.collaboration.getCollaborationToken, { roomId }))).token;
const post = (roomId, bytes, headers = {}) =>
  ask(`/collaboration/snapshot?roomId=${roomId}`, { method: "POST", headers: { ...asServer, ...headers }, body: bytes });
const files = () => bridge.inTurn(() => bridge.convex.run((ctx) => ctx.db.system.query("_storage").collect()));

before(async () => {
  bridge = await startBridge(secret);
  [documentId, diagramId] = await bridge.convex.run(async (ctx) => {
    const workspaceId = await ctx.db.insert("workspaces", { name: "w" });
    const document = await ctx.db.insert("documents", { workspaceId, title: "d" });
    await ctx.db.insert("workspaceMembers", { workspaceId, userId: "ada", role: "member" });
    await ctx.db.insert("documentMembers", { documentId: document, userId: "ada", role: "editor" });
    await ctx.db.insert("documentMembers", { documentId: document, userId: "bob", role: "viewer" });
    return [document, await ctx.db.insert("diagrams", { workspaceId, title: "g" })];
  });
});
after(() => bridge.close());

it("a token opens its room once and is not used up by a 403", async () => {
  const room = `doc-${documentId}`;
  const token = await tokenFor("ada", room);
  assert.deepEqual(await (await verify(token, `diagram-${diagramId}`)).json(), { error: "Room mismatch" });
  const good = await verify(token, room);
  assert.deepEqual(await good.json(), { userId: "ada", userName: "ada", accessLevel: "edit" });
  assert.equal((await verify(token, room)).status, 401);
  assert.equal((await verify("", room)).status, 401);
  assert.equal((await verify("x", "")).status, 400);
});

it("who is no member gets no token", async () => {
  await assert.rejects(tokenFor("bob", `diagram-${diagramId}`), /No access/);
  await assert.rejects(tokenFor("eve", `doc-${documentId}`), /No access/);
});

it("check-access follows the membership", async () => {
  const check = async (userId) =>
    (await ask(`/collaboration/check-access?roomId=doc-${documentId}&userId=${userId}`, { headers: asServer })).json();
  assert.deepEqual(await check("bob"), { hasAccess: true, accessLevel: "view" });
  assert.deepEqual(await check("eve"), { hasAccess: false });
});

it("snapshots are stored, replaced without leaving files behind, and refused when somebody was faster", async () => {
  const room = `doc-${documentId}`;
  assert.equal((await ask(`/collaboration/snapshot?roomId=${room}`)).status, 401);
  assert.equal((await ask(`/collaboration/snapshot?roomId=${room}`, { headers: asServer })).status, 404);
  const first = await post(room, "one");
  assert.deepEqual(await first.json(), { success: true });
  const second = await post(room, "two", { "if-match": first.headers.get("etag") });
  assert.equal(second.status, 200);
  assert.equal((await post(room, "three", { "if-match": first.headers.get("etag") })).status, 412);
  assert.equal((await post(room, "four", { "if-none-match": "*" })).status, 412);
  const loaded = await ask(`/collaboration/snapshot?roomId=${room}`, { headers: asServer });
  assert.equal(await loaded.text(), "two");
  assert.equal((await files()).length, 1);
  assert.equal((await post("doc-nothing", "x")).status, 200);
  assert.equal((await files()).length, 1, "nothing is kept for what does not exist");
  assert.deepEqual(await (await post("nodash", "x")).json(), { error: "Invalid roomId format" });
  assert.deepEqual(await (await post("sheet-1", "x")).json(), { error: "Invalid resource type" });
});
