/** The HTTP contract of the room server (docs/formats/backend-http.md of Runnel). */
import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { isRoomType, splitRoom } from "./collaborationAccess";

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
const error = (status: number, text: string) => json(status, { error: text });

const bearer = (request: Request) => /^Bearer (.*)$/i.exec(request.headers.get("Authorization") ?? "")?.[1] ?? null;

/** Digests have one length, so the comparison tells nothing about the secret. */
async function isSame(left: string, right: string): Promise<boolean> {
  const digest = async (text: string) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [a, b] = await Promise.all([digest(left), digest(right)]);
  return a.reduce((difference, byte, at) => difference | (byte ^ b[at]!), 0) === 0;
}

/** Null when the room server asks; otherwise the refusal. */
async function refuseStranger(request: Request): Promise<Response | null> {
  const secret = process.env.PARTYKIT_SECRET;
  if (!secret) return error(500, "Server configuration error");
  const presented = bearer(request) ?? request.headers.get("X-PartyKit-Secret");
  if (presented === null) return error(401, "Missing authorization header");
  return (await isSame(presented, secret)) ? null : error(401, "Unauthorized");
}

function roomProblem(roomId: string | null): string | null {
  if (!roomId) return "Missing roomId";
  const room = splitRoom(roomId);
  if (!room) return "Invalid roomId format";
  return isRoomType(room.type) ? null : "Invalid resource type";
}

const verify = httpAction(async (ctx, request) => {
  const token = bearer(request);
  if (!token) return error(401, "Missing auth token");
  const body = (await request.json().catch(() => null)) as { roomId?: unknown } | null;
  if (typeof body?.roomId !== "string" || body.roomId === "") return error(400, "Missing roomId");
  const answer = await ctx.runMutation(internal.collaboration.useToken, { token, roomId: body.roomId });
  if (answer === "invalid") return error(401, "Invalid or expired token");
  if (answer === "mismatch") return error(403, "Room mismatch");
  if (answer === "denied") return error(403, "Access denied");
  return json(200, answer);
});

const checkAccess = httpAction(async (ctx, request) => {
  const refusal = await refuseStranger(request);
  if (refusal) return refusal;
  const { searchParams } = new URL(request.url);
  const roomId = searchParams.get("roomId");
  const userId = searchParams.get("userId");
  const shareId = searchParams.get("shareId");
  if (!roomId || !userId) return error(400, "Missing roomId or userId");
  const level = await ctx.runQuery(internal.collaboration.checkAccess, { roomId, userId, ...(shareId ? { shareId } : {}) });
  return json(200, level ? { hasAccess: true, accessLevel: level } : { hasAccess: false });
});

const getSnapshot = httpAction(async (ctx, request) => {
  const refusal = await refuseStranger(request);
  if (refusal) return refusal;
  const roomId = new URL(request.url).searchParams.get("roomId");
  const problem = roomProblem(roomId);
  if (problem) return error(400, problem);
  const id = await ctx.runQuery(internal.collaboration.snapshotId, { roomId: roomId! });
  if (!id) return error(404, "No snapshot found");
  const blob = await ctx.storage.get(id);
  if (!blob) return error(404, "Snapshot file not found");
  return new Response(blob, { headers: { "Content-Type": "application/octet-stream", ETag: `"${id}"` } });
});

const postSnapshot = httpAction(async (ctx, request) => {
  const refusal = await refuseStranger(request);
  if (refusal) return refusal;
  const roomId = new URL(request.url).searchParams.get("roomId") ?? request.headers.get("X-Room-Id");
  const problem = roomProblem(roomId);
  if (problem) return error(400, problem);
  const expectsNone = request.headers.get("If-None-Match") === "*";
  const ifMatch = expectsNone ? null : /^"(.*)"$/.exec(request.headers.get("If-Match") ?? "")?.[1];
  const blob = await request.blob();
  const storageId = await ctx.storage.store(blob);
  const outcome = await ctx.runMutation(internal.collaboration.replaceSnapshot, {
    roomId: roomId!,
    storageId,
    ...(ifMatch === undefined ? {} : { ifMatch }),
  });
  if (outcome === "stale") return error(412, "PERSIST_STALE_SNAPSHOT");
  if (outcome === "missing") console.warn(`A snapshot came for ${roomId}, which does not exist`);
  return json(200, { success: true }, outcome === "stored" ? { ETag: `"${storageId}"` } : {});
});

const http = httpRouter();
http.route({ path: "/collaboration/verify", method: "POST", handler: verify });
http.route({ path: "/collaboration/check-access", method: "GET", handler: checkAccess });
http.route({ path: "/collaboration/snapshot", method: "GET", handler: getSnapshot });
http.route({ path: "/collaboration/snapshot", method: "POST", handler: postSnapshot });
export default http;
