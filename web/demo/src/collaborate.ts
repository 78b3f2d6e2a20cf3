/** How this application opens a room: host, provider, token and fallback in one place. */
import { partykit } from "@runnel/client/partykit";
import { rooms, type CollaborationOptions } from "@runnel/react";
import { roomSnapshot, roomToken } from "./api.js";

export interface RoomRequest {
  type: string;
  id: string;
  /** Whose browser copy it is: people who share a browser do not share what they may read. */
  userId: string;
  /** A viewer may not type even before the server has said so. */
  viewer: boolean;
  shareId?: string;
}

/** Rooms that this page has created: they are empty, so nobody has to wait for the server to say so. */
const createdHere = new Set<string>();

export function noteCreated(type: string, id: string): void {
  createdHere.add(`${type}-${id}`);
}

export function roomOptions({ type, id, userId, viewer, shareId }: RoomRequest): CollaborationOptions {
  const roomId = `${type}-${id}`;
  return {
    host: window.location.origin,
    type,
    id,
    provider: partykit,
    cache: `runnel:${window.location.host}:${userId}:${roomId}`,
    expected: viewer ? "view" : "edit",
    created: createdHere.has(roomId),
    getToken: () => roomToken(roomId, shareId),
    getSnapshot: () => roomSnapshot(roomId, shareId),
  };
}

/** The pointer rests on an entry: dial ahead, so that the page opens with the connection standing. */
export function dialAhead(request: RoomRequest): void {
  rooms.preconnect(roomOptions(request));
}
