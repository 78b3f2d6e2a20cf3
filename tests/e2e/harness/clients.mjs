// One stock provider of each dialect, and what the tests ask of it.
import "./web_crypto.mjs";
import { WebSocket } from "ws";
import YPartyKitProvider from "y-partykit/provider";
import YServer1Provider from "y-partyserver-1/provider";
import YServer2Provider from "y-partyserver/provider";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { keep } from "./leftovers.mjs";
import { awarenessChanges, DEADLINE_MS, docChanges, providerEvents, until, withDeadline } from "./until.mjs";

const common = { WebSocketPolyfill: WebSocket, disableBc: true, connect: true };

export const dialects = {
  "y-partykit": (host, room, doc, options) =>
    new YPartyKitProvider(host, room, doc, { ...common, ...options }),
  "y-partyserver-1": (host, room, doc, options) =>
    new YServer1Provider(host, room, doc, { ...common, party: "main", ...options }),
  "y-partyserver-2": (host, room, doc, options) =>
    new YServer2Provider(host, room, doc, { ...common, party: "main", ...options }),
  "y-websocket": (host, room, doc, options) =>
    new WebsocketProvider(`ws://${host}/yjs`, room, doc, { ...common, ...options }),
};

export const dialectNames = Object.keys(dialects);

export class Client {
  constructor(dialect, server, room, options = {}) {
    this.dialect = dialect;
    this.doc = options.doc ?? new Y.Doc();
    const { doc: _, ...providerOptions } = options;
    this.provider = dialects[dialect](server.host, room, this.doc, providerOptions);
    this.awareness = this.provider.awareness;
    this.destroyed = false;
    this.forgotten = keep(() => this.destroy());
  }

  get text() {
    return this.doc.getText("text");
  }

  get socket() {
    return this.provider.ws;
  }

  /** Until the first SyncStep2 of the server has been applied. */
  synced(limitMs) {
    return until(
      () => this.provider.synced,
      [providerEvents(this.provider)],
      () => `${this.dialect} to sync`,
      limitMs,
    );
  }

  textIs(expected, limitMs) {
    return until(
      () => this.text.toString() === expected,
      [docChanges(this.doc)],
      () => `${this.dialect} to have ${short(expected)}, it has ${short(this.text.toString())}`,
      limitMs,
    );
  }

  holds(condition, what, limitMs) {
    return until(() => condition(this), [docChanges(this.doc)], () => `${this.dialect}: ${what}`, limitMs);
  }

  sees(condition, what, limitMs) {
    return until(
      () => condition(this.awareness.getStates()),
      [awarenessChanges(this.awareness)],
      () => `${this.dialect} to see ${what}, it sees ${JSON.stringify([...this.awareness.getStates()])}`,
      limitMs,
    );
  }

  /** Until the server says on this connection that an edit was dropped. Begin to wait before the edit. */
  refusedEdit() {
    const told = new Promise((resolve) => {
      this.socket.addEventListener("message", ({ data }) => typeof data === "string" && data.includes("READ_ONLY") && resolve());
    });
    return withDeadline(told, DEADLINE_MS, () => `${this.dialect} to be told READ_ONLY`);
  }

  /** The network goes away without a goodbye: no close frame, no FIN answered by the provider. */
  cutOff() {
    this.provider.shouldConnect = false;
    this.socket?.terminate();
  }

  disconnected() {
    return until(() => !this.provider.wsconnected, [providerEvents(this.provider)], `${this.dialect} to disconnect`);
  }

  destroy() {
    this.forgotten();
    if (this.destroyed) return;
    this.destroyed = true;
    this.provider.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }
}

const short = (text) => (text.length > 80 ? `${text.slice(0, 60)}… (${text.length})` : JSON.stringify(text));

/** Two documents hold the same, checked by their encoded state. */
export const sameState = (a, b) => Buffer.compare(Y.encodeStateAsUpdate(a), Y.encodeStateAsUpdate(b)) === 0;
