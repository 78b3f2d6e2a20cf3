/** Control messages of the server, as docs/formats/control-messages.md defines them. */
import type { Ack } from "./saving.js";

export type ControlMessage =
  | ({ type: "ack" } & Ack)
  | { type: "service_status"; available: boolean; degradedReason?: string }
  | { type: "permission_revoked"; reason?: string }
  | { type: "access_level"; level: string }
  | { type: "sync_complete"; snapshotVersion: number }
  | { type: "auth_error" | "error"; code: string; message?: string };

/** y-websocket's outer message type under which the same JSON travels in binary. */
const BINARY_CONTROL_TYPE = 120;

const known = new Set([
  "ack",
  "service_status",
  "permission_revoked",
  "access_level",
  "sync_complete",
  "auth_error",
  "error",
]);

function parse(text: string): ControlMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("type" in value)) return null;
    return known.has(String(value.type)) ? (value as ControlMessage) : null;
  } catch {
    return null;
  }
}

/** Text of a binary control message: varUint type, varUint byte length, UTF-8 JSON. */
function binaryText(data: Uint8Array): string | null {
  if (data[0] !== BINARY_CONTROL_TYPE) return null;
  let length = 0;
  let shift = 0;
  let at = 1;
  for (;;) {
    const byte = data[at++];
    if (byte === undefined || shift > 28) return null;
    length += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) break;
  }
  return new TextDecoder().decode(data.subarray(at, at + length));
}

/** The control message in a frame, or null when the frame is the provider's. */
export function readControl(data: Uint8Array | string): ControlMessage | null {
  const text = typeof data === "string" ? data : binaryText(data);
  return text === null || !text.startsWith("{") ? null : parse(text);
}
