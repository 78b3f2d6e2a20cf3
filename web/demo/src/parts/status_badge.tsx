/** Connection and save state in words that are true. */
import type { UseCollaboration } from "@runnel/react";

const connection: Record<string, { text: string; tone: string }> = {
  connecting: { text: "Connecting", tone: "wait" },
  live: { text: "Live", tone: "good" },
  offline: { text: "Offline", tone: "warn" },
  "read-only": { text: "Read only", tone: "info" },
  denied: { text: "No access", tone: "bad" },
};

const saving: Record<string, { text: string; hint: string }> = {
  saving: { text: "Saving", hint: "Not yet stored anywhere but on this screen" },
  "saved here": { text: "Saved here", hint: "In this browser; the server does not have it yet" },
  received: { text: "Received", hint: "The server has it and shows it to the others" },
  durable: { text: "Saved", hint: "On the server's disk; survives a power cut" },
  "in the backend": { text: "Saved everywhere", hint: "In the server's log and in the application's storage" },
};

export function StatusBadge({ room }: { room: UseCollaboration }) {
  const link = connection[room.status]!;
  const save = saving[room.saving]!;
  const showSaving = room.status !== "denied" && room.status !== "read-only";
  return (
    <span className="status">
      <span className={`dot ${link.tone}`} aria-hidden="true" />
      {/* Read out when it changes; the way of each edit to the disk would be read at every word. */}
      <span role="status" data-testid="connection">
        {link.text}
      </span>
      {showSaving && (
        <span className="muted" data-testid="saving" title={save.hint}>
          · {save.text}
        </span>
      )}
      {room.status === "offline" && (
        <button className="quiet" onClick={room.retry}>
          Try now
        </button>
      )}
    </span>
  );
}
