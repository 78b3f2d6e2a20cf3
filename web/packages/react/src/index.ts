export { Cursors } from "./cursors.js";
export { rooms, useCollaboration, type UseCollaboration } from "./use_collaboration.js";
export { usePointer, usePresence, type Person } from "./use_presence.js";
export { AccessDenied, type CollaborationOptions, type CollaborationState, type SavingState, type Status } from "@runnel/client";
