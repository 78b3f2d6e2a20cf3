// The real binary in front of the real Convex functions, with a stock provider as client.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { anyApi as api } from "convex/server";
import { Client } from "../../../tests/e2e/harness/clients.mjs";
import { refusal } from "../../../tests/e2e/harness/raw.mjs";
import { Server } from "../../../tests/e2e/harness/server.mjs";
import { polled, until } from "../../../tests/e2e/harness/until.mjs";
import * as Y from "../../../tests/e2e/harness/yjs.mjs";
import { startBridge } from "./bridge.mjs";

const secret = "convex-secret-56";
const args = ["--set", "auth.recheck_interval=500ms", "--set", "save.interval=500ms", "--set", "save.disconnect_debounce=300ms", "--set", "rooms.linger=300ms"];
let bridge, server, documentId, room;

const dial = async (subject) => {
  const { token } = await bridge.inTurn(() =>
    bridge.convex.withIdentity({ subject, name: subject }).action(api.collaboration.getCollaborationToken, { roomId: room }));
  return new Client("y-partykit", server, room, { params: { token } });
};
const storedText = () =>
  bridge.inTurn(() => bridge.convex.run(async (ctx) => {
    const { yjsSnapshotId } = await ctx.db.get(documentId);
    if (!yjsSnapshotId) return null;
    const doc = new Y.Doc();
    Y.applyUpdate(doc, new Uint8Array(await (await ctx.storage.get(yjsSnapshotId)).arrayBuffer()));
    return doc.getText("text").toString();
  }));
before(async () => {
  bridge = await startBridge(secret);
  documentId = await bridge.convex.run(async (ctx) => {
    const workspaceId = await ctx.db.insert("workspaces", { name: "w" });
    const document = await ctx.db.insert("documents", { workspaceId, title: "d" });
    await ctx.db.insert("documentMembers", { documentId: document, userId: "ada", role: "editor" });
    await ctx.db.insert("documentMembers", { documentId: document, userId: "bob", role: "viewer" });
    return document;
  });
  room = `doc-${documentId}`;
  server = await Server.start({ args, env: { CONVEX_SITE_URL: bridge.url, PARTYKIT_SECRET: secret } });
});
after(async () => {
  await server?.stop();
  await bridge?.close();
});

it("a text typed by a stock client is in Convex's file storage", async () => {
  const client = await dial("ada");
  await client.synced();
  client.text.insert(0, "kept in Convex");
  await polled(async () => (await storedText()) === "kept in Convex", "the text in Convex");
  client.destroy();
});

it("a fresh server without a log loads it from there", async () => {
  await server.stop();
  server = await Server.start({ args, env: { CONVEX_SITE_URL: bridge.url, PARTYKIT_SECRET: secret } });
  const client = await dial("ada");
  await client.textIs("kept in Convex");
  client.destroy();
});

it("a viewer reads, and is put out when the membership ends", async () => {
  const viewer = await dial("bob");
  await viewer.textIs("kept in Convex");
  const refused = viewer.refusedEdit();
  viewer.text.insert(0, "not ");
  await refused;
  await bridge.inTurn(() => bridge.convex.run(async (ctx) => {
    const members = await ctx.db.query("documentMembers").collect();
    await ctx.db.delete(members.find((member) => member.userId === "bob")._id);
  }));
  await until(() => !viewer.provider.wsconnected, [(listener) => {
    viewer.provider.on("status", listener);
    return () => viewer.provider.off("status", listener);
  }], "the viewer to be put out");
  viewer.destroy();
  assert.equal(await storedText(), "kept in Convex");
});

it("without a token nobody enters", async () => {
  assert.equal((await refusal(server, `/parties/main/${room}?_pk=x`)).status, 401);
});
