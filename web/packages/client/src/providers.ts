/** How a stock provider is made. One small file each (`partykit.ts`, `partyserver.ts`,
 * `websocket.ts`), so that a bundle holds only the provider that it uses. */
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

/** What the three stock providers have in common. */
export interface StockProvider {
  awareness: Awareness;
  connect(): void | Promise<void>;
  disconnect(): void;
  destroy(): void;
}

export interface ProviderRequest {
  /** `host:port`, or a URL whose scheme decides between ws and wss. */
  host: string;
  party: string;
  room: string;
  doc: Y.Doc;
  awareness: Awareness;
  Socket: typeof WebSocket;
}

export interface ProviderKind {
  name: "y-partykit" | "y-partyserver" | "y-websocket";
  create(request: ProviderRequest): StockProvider;
}

/** Splits an optional scheme off; without one, localhost and http pages speak ws. */
export function hostAndScheme(host: string): { host: string; scheme: "ws" | "wss" } {
  const match = /^(https?|wss?):\/\/(.*)$/.exec(host);
  const bare = (match ? match[2]! : host).replace(/\/+$/, "");
  if (match) return { host: bare, scheme: match[1] === "https" || match[1] === "wss" ? "wss" : "ws" };
  const page = typeof location === "undefined" ? "" : location.protocol;
  const local = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(bare);
  return { host: bare, scheme: local || page === "http:" ? "ws" : "wss" };
}

interface PartyProviderOptions {
  awareness: Awareness;
  party: string;
  connect: boolean;
  protocol: "ws" | "wss";
  WebSocketPolyfill: typeof WebSocket;
}

type PartyProvider = new (host: string, room: string, doc: Y.Doc, options: PartyProviderOptions) => unknown;

/** The kind of the two providers that dial as PartyKit's clients do; they take the same. */
export function partyKind(name: "y-partykit" | "y-partyserver", Provider: PartyProvider): ProviderKind {
  return {
    name,
    create({ host, party, room, doc, awareness, Socket }) {
      const target = hostAndScheme(host);
      return new Provider(target.host, room, doc, {
        awareness,
        party,
        connect: false,
        protocol: target.scheme,
        WebSocketPolyfill: Socket,
      }) as StockProvider;
    },
  };
}
