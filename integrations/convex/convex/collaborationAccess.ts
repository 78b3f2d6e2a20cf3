/** Who may do what in which room. This is the file to adapt: the rest asks `accessLevel` only. */
import type { Id, TableNames } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";

export type AccessLevel = "edit" | "comment" | "view";
type ResourceTable = "documents" | "diagrams" | "tasks";

const tables: Record<string, ResourceTable> = { doc: "documents", diagram: "diagrams", task: "tasks" };

/** "doc-ab-cd" is of type "doc" and has the id "ab-cd": split at the first dash only. */
export function splitRoom(roomId: string): { type: string; id: string } | null {
  const dash = roomId.indexOf("-");
  if (dash <= 0 || dash === roomId.length - 1) return null;
  return { type: roomId.slice(0, dash), id: roomId.slice(dash + 1) };
}

export function isRoomType(type: string): boolean {
  return type in tables || type === "spreadsheet" || type === "presence";
}

const level = (role: string): AccessLevel =>
  role === "viewer" ? "view" : role === "commenter" ? "comment" : ["owner", "admin", "editor", "member"].includes(role) ? "edit" : "view";

/** The resource behind a room; null when there is none. */
export async function resourceOf(ctx: QueryCtx, roomId: string) {
  const room = splitRoom(roomId);
  const table = room && tables[room.type];
  if (!room || !table) return null;
  const id = ctx.db.normalizeId(table, room.id);
  return id && (await ctx.db.get(id as Id<ResourceTable>));
}

async function workspaceRole(ctx: QueryCtx, workspaceId: Id<"workspaces">, userId: string) {
  const member = await ctx.db
    .query("workspaceMembers")
    .withIndex("by_workspace_user", (q) => q.eq("workspaceId", workspaceId).eq("userId", userId))
    .unique();
  return member?.role ?? null;
}

/** What a user may do in a room; null: nothing. A member of the workspace is no member of its documents. */
export async function accessLevel(ctx: QueryCtx, roomId: string, userId: string): Promise<AccessLevel | null> {
  const room = splitRoom(roomId);
  if (!room) return null;
  const find = <T extends TableNames>(table: T) => ctx.db.normalizeId(table, room.id);
  let role: string | null = null;
  if (room.type === "doc") {
    const documentId = find("documents");
    if (!documentId || !(await ctx.db.get(documentId))) return null;
    const member = await ctx.db
      .query("documentMembers")
      .withIndex("by_document_user", (q) => q.eq("documentId", documentId).eq("userId", userId))
      .unique();
    role = member?.role ?? null;
  } else if (room.type === "diagram") {
    const diagram = await resourceOf(ctx, roomId);
    if (diagram && "workspaceId" in diagram) role = await workspaceRole(ctx, diagram.workspaceId, userId);
  } else if (room.type === "task") {
    const task = await resourceOf(ctx, roomId);
    if (task && "projectId" in task) {
      const member = await ctx.db
        .query("projectMembers")
        .withIndex("by_project_user", (q) => q.eq("projectId", task.projectId).eq("userId", userId))
        .unique();
      role = member?.role ?? null;
    }
  } else if (room.type === "presence") {
    const workspaceId = find("workspaces");
    if (workspaceId && (await workspaceRole(ctx, workspaceId, userId))) return "edit";
  }
  return role === null ? null : level(role);
}

/** What a share link allows in a room; null for one that is gone, expired or another room's. */
export async function shareLevel(ctx: QueryCtx, roomId: string, shareId: string): Promise<AccessLevel | null> {
  const link = await ctx.db
    .query("shareLinks")
    .withIndex("by_share_id", (q) => q.eq("shareId", shareId))
    .unique();
  if (!link || link.roomId !== roomId || (link.expiresAt !== undefined && link.expiresAt <= Date.now())) return null;
  return link.accessLevel === "edit" || link.accessLevel === "comment" ? link.accessLevel : "view";
}
