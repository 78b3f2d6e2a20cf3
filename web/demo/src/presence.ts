/** Who is where in the workspace: the presence party (docs/formats/presence.md), without Yjs. */
import { AccessDenied, Backoff } from "@runnel/client";
import { useEffect, useRef, useState } from "react";
import { roomToken, type Person } from "./api.js";
import type { Face } from "./parts/avatar.js";

/** Faces of the others by the room they are in. */
export type Whereabouts = Map<string, Face[]>;

interface Present {
  userId: string;
  userName?: string;
  name?: string;
  color?: string;
  location?: string;
}

type Message =
  | { type: "presence_snapshot"; users: Present[] }
  | { type: "presence_changed"; user: Present }
  | { type: "user_left_presence"; userId: string }
  | { type: "workspace_changed" };

/** How the server closes the connection of somebody whose access was taken away. */
const policyCode = 1008;

const fallbackColor = "#64748b";

function group(present: Map<string, Present>, ownId: string): Whereabouts {
  const rooms: Whereabouts = new Map();
  for (const person of present.values()) {
    if (person.userId === ownId || !person.location) continue;
    const face = { key: person.userId, name: person.userName ?? person.name ?? "Somebody", color: person.color ?? fallbackColor };
    rooms.set(person.location, [...(rooms.get(person.location) ?? []), face]);
  }
  return rooms;
}

/** One socket per workspace, kept open with back-off; `here` is announced whenever it changes. */
class PresenceConnection {
  readonly #backoff = new Backoff();
  readonly #present = new Map<string, Present>();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #here = "";
  #closed = false;
  #wasLost = false;

  constructor(
    private readonly workspaceId: string,
    private readonly user: Person,
    private readonly onChange: (whereabouts: Whereabouts) => void,
    /** What is in the workspace, or who may do what, is not what it was. */
    private readonly onStale: () => void,
  ) {
    void this.#dial();
  }

  announce(here: string): void {
    this.#here = here;
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const { name, color } = this.user;
    this.#socket.send(JSON.stringify({ type: "presence_update", location: here, name, color }));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  async #dial(): Promise<void> {
    try {
      const token = await roomToken(`presence-${this.workspaceId}`);
      if (this.#closed) return;
      const url = new URL(`/parties/presence/${this.workspaceId}`, window.location.href);
      url.protocol = url.protocol.replace("http", "ws");
      url.searchParams.set("token", token);
      const socket = new WebSocket(url);
      this.#socket = socket;
      socket.onopen = () => {
        this.#backoff.opened(Date.now());
        this.announce(this.#here);
      };
      socket.onmessage = (event) => this.#receive(JSON.parse(String(event.data)) as Message);
      socket.onclose = ({ code }) => (code === policyCode ? this.#refused() : this.#lost());
    } catch (error) {
      // Who is no member any more is let in by nothing but a new membership; the list says so.
      if (error instanceof AccessDenied) this.#refused();
      else this.#lost();
    }
  }

  #receive(message: Message): void {
    if (message.type === "workspace_changed") {
      this.onStale();
      return;
    }
    // Nobody has told us what changed while the connection was away.
    if (message.type === "presence_snapshot" && this.#wasLost) this.onStale();
    if (message.type === "presence_snapshot") {
      this.#present.clear();
      for (const person of message.users) this.#present.set(person.userId, person);
    } else if (message.type === "presence_changed") this.#present.set(message.user.userId, message.user);
    else if (message.type === "user_left_presence") this.#present.delete(message.userId);
    this.onChange(group(this.#present, this.user.id));
  }

  #refused(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    this.onStale();
  }

  #leave(): void {
    this.#socket = null;
    this.#present.clear();
    this.onChange(new Map());
  }

  #lost(): void {
    if (this.#closed) return;
    this.#leave();
    this.#wasLost = true;
    this.#backoff.closed(Date.now());
    this.#timer = setTimeout(() => void this.#dial(), this.#backoff.delayMs());
  }
}

/** `onStale` is called when the list of the workspace has to be asked for again. */
export function useWorkspacePresence(workspaceId: string | null, user: Person, here: string, onStale: () => void): Whereabouts {
  const [whereabouts, setWhereabouts] = useState<Whereabouts>(new Map());
  const [connection, setConnection] = useState<PresenceConnection | null>(null);
  const stale = useRef(onStale);
  stale.current = onStale;

  useEffect(() => {
    if (!workspaceId) return undefined;
    const opened = new PresenceConnection(workspaceId, user, setWhereabouts, () => stale.current());
    setConnection(opened);
    return () => opened.close();
    // The person is who they are; a new object with the same id is no new person.
  }, [workspaceId, user.id]);

  useEffect(() => connection?.announce(here), [connection, here]);
  return whereabouts;
}
