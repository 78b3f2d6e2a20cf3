/** What every room page has: title, people, state, and the words for what went wrong. */
import { useCollaboration, usePresence, type UseCollaboration } from "@runnel/react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Person } from "../api.js";
import { roomOptions } from "../collaborate.js";
import { Avatars, type Face } from "./avatar.js";
import { EditorBoundary } from "./editor_boundary.js";
import { StatusBadge } from "./status_badge.js";

interface Props {
  type: string;
  id: string;
  /** Empty: not known (any more), as when the entry is gone from the list. */
  title: string;
  user: Person;
  /** What the workspace says of this person's right here. */
  viewer: boolean;
  shareId?: string;
  actions?: ReactNode;
  /** Whether the workspace lists it for this person. */
  listed?: boolean;
  /** The server has said for good that this person may not be here (any more). */
  onDenied?: () => void;
  children: (room: UseCollaboration) => ReactNode;
}

export function RoomFrame(props: Props) {
  const [attempt, setAttempt] = useState(0);
  return <Room key={attempt} {...props} onAgain={() => setAttempt(attempt + 1)} />;
}

function Room({ type, id, title, user, viewer, shareId, actions, listed, onDenied, onAgain, children }: Props & { onAgain: () => void }) {
  const room = useCollaboration(roomOptions({ type, id, userId: user.id, viewer, ...(shareId ? { shareId } : {}) }));
  const others = usePresence(room.awareness, { id: user.id, name: user.name, color: user.color });
  const denied = room.status === "denied";
  const shownTitle = useTitle(title, type);
  useEffect(() => {
    if (denied) onDenied?.();
  }, [denied, onDenied]);
  // Listed again after a refusal: the right has been given (back).
  const wasUnlisted = useRef(false);
  useEffect(() => {
    if (!denied || listed === undefined) return;
    if (!listed) wasUnlisted.current = true;
    else if (wasUnlisted.current) onAgain();
  }, [denied, listed]);
  // Somebody with two windows is one person, and one's own other windows are nobody else.
  const faces = new Map<string, Face>();
  for (const { clientId, user: other } of others) {
    const key = other.id ?? String(clientId);
    if (key !== user.id) faces.set(key, { key, name: other.name, color: other.color });
  }
  return (
    <article className="room">
      <header className="room-head">
        <h2 className="ellipsis" title={shownTitle}>
          {shownTitle}
        </h2>
        <StatusBadge room={room} />
        <span className="spacer" />
        {faces.size > 0 && <Avatars faces={[...faces.values()]} label="Also here" />}
        {!denied && actions}
      </header>
      {room.degraded && <Notice>The application's storage does not answer. You can go on: edits are kept on the server.</Notice>}
      {!denied && <ReadOnlyNotice room={room} viewer={viewer} />}
      {denied ? <Denied reason={room.reason} onAgain={onAgain} /> : <RoomBody room={room}>{children}</RoomBody>}
    </article>
  );
}

const kinds: Record<string, string> = { doc: "Document", diagram: "Diagram", task: "Task" };

/** The name in the head and in the browser's tab: the last one that was known. */
function useTitle(title: string, type: string): string {
  const last = useRef(title);
  if (title) last.current = title;
  const shown = last.current || kinds[type] || "Document";
  useEffect(() => {
    const before = document.title;
    document.title = `${shown} · Runnel`;
    return () => {
      document.title = before;
    };
  }, [shown]);
  return shown;
}

/** Somebody who cannot type should know it, and why, before they try. */
function ReadOnlyNotice({ room, viewer }: { room: UseCollaboration; viewer: boolean }) {
  if (room.status !== "read-only") return null;
  if (room.source === "snapshot") return <Notice tone="info">This is the state that was stored last. It can be edited once the server answers.</Notice>;
  if (!viewer) return <Notice tone="info">You can read this, not edit it: editing is switched off here for now.</Notice>;
  return <Notice tone="info">You can read this, not edit it. What others write appears here as they write it.</Notice>;
}

function RoomBody({ room, children }: { room: UseCollaboration; children: Props["children"] }) {
  if (!room.doc) return <div className="skeleton page" />;
  if (!room.ready && room.status === "offline") {
    return (
      <div className="center muted">
        <p>{room.reason || "The server does not answer and this browser has no copy yet."}</p>
        <button onClick={room.retry}>Try again</button>
      </div>
    );
  }
  return <EditorBoundary>{children(room)}</EditorBoundary>;
}

function Denied({ reason, onAgain }: { reason: string; onAgain: () => void }) {
  return (
    <div className="center" role="alert">
      <h3>You cannot open this</h3>
      <p className="muted">{reason || "Your access to it has been taken away."}</p>
      <p className="muted">Ask somebody who manages it.</p>
      <button onClick={onAgain}>Try again</button>
    </div>
  );
}

export function Notice({ children, tone = "warn" }: { children: ReactNode; tone?: "warn" | "info" }) {
  return (
    <p className={`notice ${tone}`} role="status">
      {children}
    </p>
  );
}
