/** Tokens, access and snapshots: what the HTTP routes (http.ts) and the client call. */
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, internalQuery } from "./_generated/server";
import { accessLevel, resourceOf, shareLevel } from "./collaborationAccess";

const tokenLifetimeMs = 5 * 60 * 1000;

async function hashOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function randomToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A token for one room, good for five minutes and one connection (and its reconnects). Signed in, or with a share link. */
export const getCollaborationToken = action({
  args: { roomId: v.string(), shareId: v.optional(v.string()), guestName: v.optional(v.string()) },
  handler: async (ctx, { roomId, shareId, guestName }): Promise<{ token: string; roomId: string }> => {
    const user = shareId ? null : await ctx.auth.getUserIdentity();
    if (!user && !shareId) throw new Error("Not signed in");
    const token = randomToken();
    const stored = await ctx.runMutation(internal.collaboration.storeToken, {
      hash: await hashOf(token),
      roomId,
      userId: user ? user.subject : `guest:${randomToken().slice(0, 12)}`,
      userName: user ? (user.name ?? user.nickname ?? user.subject) : (guestName ?? "Guest"),
      ...(user?.pictureUrl ? { userImage: user.pictureUrl } : {}),
      ...(shareId ? { shareId } : {}),
    });
    if (!stored) throw new Error("No access");
    return { token, roomId };
  },
});

export const storeToken = internalMutation({
  args: {
    hash: v.string(),
    roomId: v.string(),
    userId: v.string(),
    userName: v.string(),
    userImage: v.optional(v.string()),
    shareId: v.optional(v.string()),
  },
  handler: async (ctx, token): Promise<boolean> => {
    const level = token.shareId
      ? await shareLevel(ctx, token.roomId, token.shareId)
      : await accessLevel(ctx, token.roomId, token.userId);
    if (!level) return false;
    const expired = await ctx.db
      .query("collaborationTokens")
      .withIndex("by_expiry", (q) => q.lt("expiresAt", Date.now()))
      .take(20);
    for (const { _id } of expired) await ctx.db.delete(_id);
    await ctx.db.insert("collaborationTokens", { ...token, accessLevel: level, expiresAt: Date.now() + tokenLifetimeMs });
    return true;
  },
});

export type Verified = { userId: string; userName: string; userImage?: string; accessLevel: string; isGuest?: boolean; shareId?: string };

/** Uses the token up if, and only if, it lets somebody in. */
export const useToken = internalMutation({
  args: { token: v.string(), roomId: v.string() },
  handler: async (ctx, { token, roomId }): Promise<Verified | "invalid" | "mismatch" | "denied"> => {
    const hash = await hashOf(token);
    const stored = await ctx.db
      .query("collaborationTokens")
      .withIndex("by_hash", (q) => q.eq("hash", hash))
      .unique();
    if (!stored || stored.expiresAt <= Date.now()) return "invalid";
    if (stored.roomId !== roomId) return "mismatch";
    const { userId, userName, userImage, shareId } = stored;
    const level = shareId ? await shareLevel(ctx, roomId, shareId) : await accessLevel(ctx, roomId, userId);
    if (!level) return "denied";
    await ctx.db.delete(stored._id);
    return {
      userId,
      userName,
      accessLevel: level,
      ...(userImage ? { userImage } : {}),
      ...(shareId ? { isGuest: true, shareId } : {}),
    };
  },
});

export const checkAccess = internalQuery({
  args: { roomId: v.string(), userId: v.string(), shareId: v.optional(v.string()) },
  handler: (ctx, { roomId, userId, shareId }) =>
    shareId ? shareLevel(ctx, roomId, shareId) : accessLevel(ctx, roomId, userId),
});

export const snapshotId = internalQuery({
  args: { roomId: v.string() },
  handler: async (ctx, { roomId }) => (await resourceOf(ctx, roomId))?.yjsSnapshotId ?? null,
});

/** Points the resource at the new file and deletes the old one. `ifMatch` is the file that the caller knows; null: none. */
export const replaceSnapshot = internalMutation({
  args: { roomId: v.string(), storageId: v.id("_storage"), ifMatch: v.optional(v.union(v.string(), v.null())) },
  handler: async (ctx, { roomId, storageId, ifMatch }): Promise<"stored" | "stale" | "missing"> => {
    const resource = await resourceOf(ctx, roomId);
    const id = resource?.yjsSnapshotId;
    // A file that is gone is nothing that could be overwritten.
    const old = id && (await ctx.db.system.get(id)) ? id : null;
    const isStale = resource !== null && ifMatch !== undefined && ifMatch !== old;
    if (!resource || isStale) {
      await ctx.storage.delete(storageId);
      return resource ? "stale" : "missing";
    }
    await ctx.db.patch(resource._id, { yjsSnapshotId: storageId });
    if (old) await ctx.storage.delete(old);
    return "stored";
  },
});
