/**
 * Where the latest local edit is by now. The server counts this connection's sync messages
 * (SyncStep2 and updates) and says how many it has received, how many are durable and how many the
 * backend has; we count what we send. See docs/formats/control-messages.md.
 */
export type SavingState = "saving" | "saved here" | "received" | "durable" | "in the backend";

export interface Ack {
  received: number;
  durable: number;
  backend: number;
}

const SYNC = 0;
const SYNC_STEP_2 = 1;
const SYNC_UPDATE = 2;
const CHUNK_MARKER = "y-pk-batch#";

export class SavingTracker {
  #sent = 0; // sync messages of this connection
  #unsent = false; // a local edit has not been handed to the socket
  #needed = 0; // the number of the sync message that carried the latest local edit
  #ack: Ack = { received: 0, durable: 0, backend: 0 };
  #chunk: "none" | "first" | "rest" = "none";
  #cached = true; // the browser's database lacks no local edit: before the first there is none

  /** A new connection counts from zero; what it has not acknowledged is unsent again. */
  connectionOpened(): void {
    if (this.#needed > this.#ack.received) this.#unsent = true;
    this.#sent = 0;
    this.#needed = 0;
    this.#ack = { received: 0, durable: 0, backend: 0 };
    this.#chunk = "none";
  }

  connectionLost(): void {
    if (this.#needed > this.#ack.received) this.#unsent = true;
  }

  /** Must run before the provider sees the edit: the provider sends it synchronously. */
  localEdit(): void {
    this.#unsent = true;
    this.#cached = false;
  }

  /** The browser's database has everything up to now. */
  cacheWritten(): void {
    this.#cached = true;
  }

  messageSent(data: Uint8Array | string): void {
    if (typeof data === "string") {
      // y-partykit cuts a large message into chunks between two text markers; it counts as one.
      if (data.startsWith(CHUNK_MARKER)) this.#chunk = data.includes('"start"') ? "first" : "none";
      return;
    }
    if (this.#chunk === "rest") return;
    if (this.#chunk === "first") this.#chunk = "rest";
    if (data[0] !== SYNC || (data[1] !== SYNC_STEP_2 && data[1] !== SYNC_UPDATE)) return;
    this.#sent += 1;
    this.#needed = this.#sent;
    this.#unsent = false;
  }

  acknowledged(ack: Ack): void {
    this.#ack = ack;
  }

  get state(): SavingState {
    if (!this.#unsent && this.#needed > 0) {
      if (this.#ack.backend >= this.#needed) return "in the backend";
      if (this.#ack.durable >= this.#needed) return "durable";
      if (this.#ack.received >= this.#needed) return "received";
    }
    return this.#cached ? "saved here" : "saving";
  }
}
