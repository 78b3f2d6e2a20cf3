/**
 * One room as an application sees it: a Y.Doc of its own, a stock provider, the browser's cache and
 * a state that tells the truth. Framework-free; `@runnel/react` wraps it.
 *
 * Life: the cache opens the document at once, the provider dials beside it. `destroy` ends provider,
 * cache and document in this order, so that nothing writes into what is gone.
 */
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { Backoff, defaultBackoff, type BackoffOptions } from "./backoff.js";
import { cacheAvailable, openCache, type DocumentCache } from "./cache.js";
import { readControl, type ControlMessage } from "./control.js";
import { Observable } from "./events.js";
import { hostAndScheme, type ProviderKind, type StockProvider } from "./providers.js";
import { SavingTracker, type SavingState } from "./saving.js";
import { managedSocket, type DialPlan } from "./socket.js";

export type Status = "connecting" | "live" | "offline" | "read-only" | "denied";

/** Thrown by `getToken` when the user may not open the room: final, no further dial. */
export class AccessDenied extends Error {
  constructor(reason = "You may not open this") {
    super(reason);
    this.name = "AccessDenied";
  }
}

export interface CollaborationOptions {
  host: string;
  /** Resource type and id; together the room `{type}-{id}`. */
  type: string;
  id: string;
  /** A fresh token for each dial. Throws AccessDenied when the answer is no for good. */
  getToken?: () => Promise<string | null> | string | null;
  provider: ProviderKind;
  /** PartyKit party; default "main". */
  party?: string;
  /** Name under which the browser keeps the document; false: no cache. Default: host and room. */
  cache?: string | false;
  /** What the application already knows of this user's right. It decides until the server has said. */
  expected?: "edit" | "view";
  /** This page has just created the resource, so there is nothing in it to wait for: editable at once. */
  created?: boolean;
  /** A last resort when neither cache nor server answers in time: shown, not editable. */
  getSnapshot?: () => Promise<Uint8Array | null>;
  /** How long cache and server may take before the last resort, ms. */
  openLimitMs?: number;
  backoff?: BackoffOptions;
  WebSocket?: typeof WebSocket;
}

export interface CollaborationState {
  status: Status;
  saving: SavingState;
  /** Something to show: from the cache, the server or a snapshot. */
  ready: boolean;
  /** May this user edit now? True before the connection stands when the cache has the document, or it is new. */
  editable: boolean;
  /** Where the content on the screen came from first. */
  source: "none" | "new" | "cache" | "server" | "snapshot";
  /** One sentence on a refusal or an outage. */
  reason: string;
  /** The server holds the room but its backend does not answer. */
  degraded: boolean;
}

/** What is so of a room before anything of it is known. */
export const initialState: CollaborationState = {
  status: "connecting",
  saving: "saved here",
  ready: false,
  editable: false,
  source: "none",
  reason: "",
  degraded: false,
};

const FINAL_CODES = new Set([1008, 4401, 4403, 4404]);
const FINAL_STATUSES = new Set([403, 404, 410]);
const PROBE_LIMIT_MS = 3_000;

export class Collaboration {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly room: string;
  readonly state = new Observable<CollaborationState>(initialState);

  readonly #options: CollaborationOptions;
  readonly #provider: StockProvider;
  readonly #cache: DocumentCache | null;
  readonly #backoff: Backoff;
  readonly #saving = new SavingTracker();
  #readOnly: boolean;
  #levelHeard = false; // on this connection; the server speaks of it only where the right is less than to edit
  #synced = false; // on this connection: what the server had is here
  #denied = false;
  #destroyed = false;
  #open = false;
  #lost = false; // a dial of this life has failed, or a connection was lost
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #probeTimer: ReturnType<typeof setTimeout> | undefined;
  #dialled = ""; // the URL of the latest dial
  #retry: (() => void) | null = null;
  #edits = 0; // local edits of this life, to know whether the cache has the latest
  #askingCache = false;

  constructor(options: CollaborationOptions) {
    this.#options = options;
    this.room = `${options.type}-${options.id}`;
    this.#readOnly = options.expected === "view";
    this.doc = new Y.Doc({ guid: this.room });
    this.awareness = new Awareness(this.doc);
    this.#backoff = new Backoff(options.backoff ?? defaultBackoff);
    // Before the provider's own listener: an edit must be known before it is sent.
    this.doc.on("update", this.#onUpdate);
    this.#cache = this.#openCache();
    this.#provider = this.#createProvider();
    this.#openTimer = setTimeout(() => void this.#openLimit(), options.openLimitMs ?? 4_000);
    if (this.#cache === null) this.#showIfNew();
    this.#listenToBrowser(true);
    void this.#provider.connect();
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  /** The tab is needed again, or the network is said to be back: dial or probe now. */
  wake = (): void => {
    if (this.#denied || this.#destroyed) return;
    if (this.#open) this.#probe();
    else {
      this.#backoff.reset();
      this.#retry?.();
    }
  };

  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    clearTimeout(this.#openTimer);
    clearTimeout(this.#probeTimer);
    this.#listenToBrowser(false);
    this.#retry?.();
    this.#provider.disconnect();
    this.#provider.destroy();
    this.awareness.destroy();
    await this.#cache?.close();
    this.doc.off("update", this.#onUpdate);
    this.doc.destroy();
  }

  #openCache(): DocumentCache | null {
    if (this.#options.cache === false || !cacheAvailable()) return null;
    const { host } = hostAndScheme(this.#options.host);
    const cache = openCache(this.#options.cache ?? `runnel:${host}:${this.room}`, this.doc);
    cache.loaded.then(
      (found) => {
        if (this.#destroyed) return;
        if (found) this.#show("cache");
        else this.#showIfNew();
      },
      () => this.#showIfNew(), // a browser that refuses its database is a browser without a cache
    );
    return cache;
  }

  #showIfNew(): void {
    if (this.#options.created && !this.#destroyed) this.#show("new");
  }

  #createProvider(): StockProvider {
    const Native = this.#options.WebSocket ?? globalThis.WebSocket;
    const Socket = managedSocket(
      {
        prepareDial: (url) => this.#prepareDial(url),
        onOpen: () => this.#onOpen(),
        onSend: (data) => this.#onSend(data),
        onMessage: (data) => this.#onMessage(data),
        onClose: (code, reason, wasOpen) => {
          this.#onClose(code, reason);
          if (!wasOpen && code === 1006) void this.#askWhy();
        },
      },
      Native,
    );
    const { host, party = "main", provider } = this.#options;
    return provider.create({ host, party, room: this.room, doc: this.doc, awareness: this.awareness, Socket });
  }

  async #prepareDial(url: string): Promise<DialPlan> {
    await this.#wait(this.#backoff.delayMs());
    if (this.#denied || this.#destroyed) return { refused: { code: 1000, reason: "closed" } };
    try {
      const token = await this.#options.getToken?.();
      const target = new URL(url);
      if (token) target.searchParams.set("token", token);
      this.#dialled = target.toString();
      return { url: this.#dialled };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof AccessDenied) this.#deny(reason);
      return { refused: { code: 1006, reason } };
    }
  }

  /** Sleeps, but `wake` and `destroy` end it early. */
  #wait(delayMs: number): Promise<void> {
    if (delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#retry = null;
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      this.#retry = done;
    });
  }

  #onOpen(): void {
    this.#open = true;
    this.#synced = false;
    this.#levelHeard = false;
    // The others remember the clock of the state they dropped when the connection went, and would take
    // nothing at that clock from us: said again, the state that the provider now sends is a newer one.
    if (this.#lost) this.awareness.setLocalState(this.awareness.getLocalState());
    this.#backoff.opened(Date.now());
    this.#saving.connectionOpened();
    this.#publish();
  }

  #onSend(data: Uint8Array | string): void {
    this.#saving.messageSent(data);
    this.#publishSaving();
  }

  #onMessage(data: Uint8Array | string): boolean {
    clearTimeout(this.#probeTimer);
    const control = readControl(data);
    if (control !== null) {
      this.#onControl(control);
      return true;
    }
    // SyncStep2: the provider applies it in this very turn; the content is there after it.
    if (typeof data !== "string" && data[0] === 0 && data[1] === 1) {
      queueMicrotask(() => {
        if (!this.#destroyed && this.#open) this.#onSynced();
      });
    }
    return false;
  }

  #onSynced(): void {
    this.#synced = true;
    if (!this.#levelHeard) this.#readOnly = false;
    this.#show("server");
  }

  #onControl(message: ControlMessage): void {
    switch (message.type) {
      case "ack":
        this.#saving.acknowledged(message);
        this.#publishSaving();
        return;
      case "service_status":
        this.state.update({ degraded: !message.available, reason: message.degradedReason ?? "" });
        return;
      case "access_level":
        this.#levelHeard = true;
        this.#readOnly = message.level !== "edit";
        this.#publish();
        return;
      case "permission_revoked":
      case "auth_error":
        this.#deny(message.type === "permission_revoked" ? (message.reason ?? "") : message.code);
        return;
      case "error":
        this.state.update({ reason: message.message ?? message.code });
        return;
      case "sync_complete":
        this.state.update({ degraded: false, reason: "" });
    }
  }

  #onClose(code: number, reason: string): void {
    this.#open = false;
    clearTimeout(this.#probeTimer);
    this.#backoff.closed(Date.now());
    this.#saving.connectionLost();
    if (FINAL_CODES.has(code)) this.#deny(reason);
    this.#lost = true;
    if (!this.#destroyed) this.#publish();
  }

  /** A browser does not tell why a handshake failed. The same address asked for as a page does, where it may be read. */
  async #askWhy(): Promise<void> {
    if (!this.#dialled) return;
    try {
      const answer = await fetch(this.#dialled.replace(/^ws/, "http"));
      if (FINAL_STATUSES.has(answer.status) && !this.#destroyed) this.#deny((await answer.text()).trim());
    } catch {
      // Nobody answers, or another origin may not read it: the next dial will tell.
    }
  }

  /** Final: no further dial, and what the browser kept of the document goes. */
  #deny(reason: string): void {
    if (this.#denied) return;
    this.#denied = true;
    queueMicrotask(() => this.#provider.disconnect());
    void this.#cache?.erase().catch(() => undefined);
    this.state.update({ status: "denied", editable: false, reason });
  }

  #show(source: "new" | "cache" | "server" | "snapshot"): void {
    clearTimeout(this.#openTimer);
    const first = this.state.value.source === "none";
    this.state.update({ ready: true, ...(first || source === "server" ? { source } : {}) });
    this.#publish();
  }

  /** Neither the cache nor the server has answered in time. */
  async #openLimit(): Promise<void> {
    if (this.state.value.ready || this.#denied) return;
    const snapshot = await this.#options.getSnapshot?.().catch(() => null);
    if (this.#destroyed || this.state.value.ready) return;
    if (snapshot) {
      Y.applyUpdate(this.doc, snapshot, this.#provider);
      this.#show("snapshot");
      return;
    }
    this.#lost = true;
    this.state.update({ status: "offline", reason: "Neither this browser nor the server has the document" });
  }

  #publish(): void {
    if (this.#denied) return;
    const { ready, source } = this.state.value;
    const live = this.#open && this.#synced;
    const status = live ? (this.#readOnly ? "read-only" : "live") : this.#offlineStatus();
    this.state.update({ status, editable: ready && !this.#readOnly && source !== "snapshot" });
    this.#publishSaving();
  }

  #offlineStatus(): Status {
    if (this.state.value.source === "snapshot") return "read-only";
    return this.#open || !this.#lost ? "connecting" : "offline";
  }

  #publishSaving(): void {
    this.state.update({ saving: this.#saving.state });
  }

  #onUpdate = (_update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void => {
    if (!transaction.local || origin === this.#provider) return;
    this.#saving.localEdit();
    this.#publishSaving();
    void this.#noteCacheWrite();
  };

  /** y-indexeddb does not say when it has written, so we ask the database, one question at a time. */
  async #noteCacheWrite(): Promise<void> {
    this.#edits += 1;
    if (this.#cache === null || this.#askingCache) return;
    this.#askingCache = true;
    try {
      let asked: number;
      do {
        asked = this.#edits;
        await this.#cache.flushed();
      } while (asked !== this.#edits);
      this.#saving.cacheWritten();
    } catch {
      // The browser refuses its database: the state stays "saving" until the server has the edit.
    } finally {
      this.#askingCache = false;
      if (!this.#destroyed) this.#publishSaving();
    }
  }

  /** A socket can look open long after its network went: ask, and dial anew when nothing answers. */
  #probe(): void {
    clearTimeout(this.#probeTimer);
    const ws = (this.#provider as unknown as { ws: WebSocket | null }).ws;
    if (!ws) return;
    this.#probeTimer = setTimeout(() => ws.close(), PROBE_LIMIT_MS);
    const stateVector = Y.encodeStateVector(this.doc);
    ws.send(Uint8Array.from([0, 0, ...varUint(stateVector.length), ...stateVector]));
  }

  #onBrowserOffline = (): void => {
    if (!this.#denied) this.state.update({ status: "offline" });
    this.#probe();
  };

  #onVisibility = (): void => {
    if (document.visibilityState === "visible") this.wake();
  };

  #listenToBrowser(on: boolean): void {
    if (typeof window === "undefined") return;
    const change = on ? "addEventListener" : "removeEventListener";
    window[change]("online", this.wake);
    window[change]("offline", this.#onBrowserOffline);
    document[change]("visibilitychange", this.#onVisibility);
  }
}

function varUint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}
