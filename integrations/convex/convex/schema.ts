/** What the collaboration functions need. Spread `collaborationTables` into your own schema, and add the marked fields. */
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

/** Field of every resource with a document: the file with its last snapshot. */
export const snapshotField = { yjsSnapshotId: v.optional(v.id("_storage")) };

export const collaborationTables = {
  /** One-time tokens, by hash; used up by the verification that succeeds. */
  collaborationTokens: defineTable({
    hash: v.string(),
    roomId: v.string(),
    userId: v.string(),
    userName: v.string(),
    userImage: v.optional(v.string()),
    accessLevel: v.string(),
    shareId: v.optional(v.string()),
    expiresAt: v.number(),
  })
    .index("by_hash", ["hash"])
    .index("by_expiry", ["expiresAt"]),

  /** Links that let guests in. */
  shareLinks: defineTable({
    shareId: v.string(),
    roomId: v.string(),
    accessLevel: v.string(),
    expiresAt: v.optional(v.number()),
  }).index("by_share_id", ["shareId"]),
};

/** The application in small; yours has more fields. */
export const applicationTables = {
  workspaces: defineTable({ name: v.string() }),
  workspaceMembers: defineTable({ workspaceId: v.id("workspaces"), userId: v.string(), role: v.string() }).index(
    "by_workspace_user",
    ["workspaceId", "userId"],
  ),
  documents: defineTable({ workspaceId: v.id("workspaces"), title: v.string(), ...snapshotField }),
  documentMembers: defineTable({ documentId: v.id("documents"), userId: v.string(), role: v.string() }).index(
    "by_document_user",
    ["documentId", "userId"],
  ),
  diagrams: defineTable({ workspaceId: v.id("workspaces"), title: v.string(), ...snapshotField }),
  projects: defineTable({ workspaceId: v.id("workspaces"), name: v.string() }),
  projectMembers: defineTable({ projectId: v.id("projects"), userId: v.string(), role: v.string() }).index(
    "by_project_user",
    ["projectId", "userId"],
  ),
  tasks: defineTable({ projectId: v.id("projects"), title: v.string(), ...snapshotField }),
};

export default defineSchema({ ...applicationTables, ...collaborationTables });
