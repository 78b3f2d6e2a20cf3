/**
 * Who holds which room. Components of one page that ask for the same room, with the same provider and cache, share one
 * Collaboration; two rooms never share a document. The last release ends it after a short linger, so that React's
 * StrictMode (mount, unmount, mount) and a quick switch back keep the connection.
 */
import { Collaboration, type CollaborationOptions } from "./collaboration.js";

interface Entry {
  collaboration: Collaboration;
  holders: number;
  ending: ReturnType<typeof setTimeout> | undefined;
}

export class CollaborationRegistry {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly lingerMs = 250) {}

  static keyOf(options: CollaborationOptions): string {
    const { host, party = "main", type, id, provider, cache = "" } = options;
    return JSON.stringify([provider.name, host, party, type, id, cache]);
  }

  acquire(options: CollaborationOptions): Collaboration {
    const key = CollaborationRegistry.keyOf(options);
    let entry = this.#entries.get(key);
    // A refusal is final for its own life: who asks anew may have been let in meanwhile.
    if (entry?.holders === 0 && entry.collaboration.state.value.status === "denied") {
      clearTimeout(entry.ending);
      void entry.collaboration.destroy();
      entry = undefined;
    }
    if (!entry) {
      entry = { collaboration: new Collaboration(options), holders: 0, ending: undefined };
      this.#entries.set(key, entry);
    }
    clearTimeout(entry.ending);
    entry.holders += 1;
    return entry.collaboration;
  }

  release(options: CollaborationOptions, lingerMs = this.lingerMs): void {
    const key = CollaborationRegistry.keyOf(options);
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    clearTimeout(entry.ending);
    entry.ending = setTimeout(() => {
      this.#entries.delete(key);
      void entry.collaboration.destroy();
    }, lingerMs);
  }

  /** Dials ahead, as when the pointer rests on an entry: kept for a while, then let go. */
  preconnect(options: CollaborationOptions, keepMs = 10_000): void {
    this.acquire(options);
    this.release(options, keepMs);
  }

  /** The rooms that are held or linger. */
  get open(): Collaboration[] {
    return [...this.#entries.values()].map(({ collaboration }) => collaboration);
  }

  get size(): number {
    return this.#entries.size;
  }
}
