/** How this application opens a room: host, provider, token and fallback in one place. */
import { partykit } from "@runnel/client/partykit";
import { rooms, type CollaborationOptions } from "@runnel/react";
import { roomSnapshot, roomToken } from "./api.js";

export function roomOptions(type: string, id: string, shareId?: string): CollaborationOptions {
  const roomId = `${type}-${id}`;
  return {
    host: window.location.origin,
    type,
    id,
    provider: partykit,
    getToken: () => roomToken(roomId, shareId),
    getSnapshot: () => roomSnapshot(roomId, shareId),
  };
}

/** The pointer rests on an entry: dial ahead, so that the page opens with the connection standing. */
export function dialAhead(type: string, id: string): void {
  rooms.preconnect(roomOptions(type, id));
}
