/**
 * The seam between a stock Yjs provider and our connection policy: a class with the shape of
 * `WebSocket` that every provider accepts as `WebSocketPolyfill`. It asks for permission and a fresh
 * token before it dials, and shows what passes. The provider notices nothing.
 *
 * Why here: y-partykit resolves its parameters once and then re-dials the same URL for ever,
 * y-websocket reads them at each dial, y-partyserver awaits them. One seam below all three gives each
 * dial a fresh token and one back-off policy, without a line of provider code.
 */

/** What `prepareDial` decides: dial this URL, or give up as if the server had refused. */
export type DialPlan = { url: string } | { refused: { code: number; reason: string } };

export interface SocketHooks {
  /** Called once per dial, before anything touches the network. May take its time. */
  prepareDial(url: string): Promise<DialPlan>;
  onOpen(): void;
  /** A message that the provider sends, before it leaves. */
  onSend(data: Uint8Array | string): void;
  /** A message of the server. True: it was ours (a control message), the provider must not see it. */
  onMessage(data: Uint8Array | string): boolean;
  onClose(code: number, reason: string, wasOpen: boolean): void;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const viewOf = (data: unknown): Uint8Array | string | null => {
  if (typeof data === "string") return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return null;
};

/** Makes the class that a provider gets as its `WebSocketPolyfill`. */
export function managedSocket(hooks: SocketHooks, Native: typeof WebSocket): typeof WebSocket {
  class ManagedSocket extends EventTarget {
    static readonly CONNECTING = CONNECTING;
    static readonly OPEN = OPEN;
    static readonly CLOSING = CLOSING;
    static readonly CLOSED = CLOSED;
    // On the instance too, as WebSocket has them: y-partykit sends only while `readyState === ws.OPEN`.
    readonly CONNECTING = CONNECTING;
    readonly OPEN = OPEN;
    readonly CLOSING = CLOSING;
    readonly CLOSED = CLOSED;

    binaryType: BinaryType = "arraybuffer";
    onopen: ((event: Event) => void) | null = null;
    onclose: ((event: CloseEvent) => void) | null = null;
    onerror: ((event: Event) => void) | null = null;
    onmessage: ((event: MessageEvent) => void) | null = null;

    #native: WebSocket | null = null;
    #closed = false;
    #wasOpen = false;

    constructor(
      readonly url: string,
      private readonly protocols?: string | string[],
    ) {
      super();
      void this.#dial();
    }

    get readyState(): number {
      if (this.#closed) return CLOSED;
      return this.#native?.readyState ?? CONNECTING;
    }

    get bufferedAmount(): number {
      return this.#native?.bufferedAmount ?? 0;
    }

    send(data: Uint8Array | ArrayBuffer | string): void {
      const view = viewOf(data);
      if (view !== null) hooks.onSend(view);
      this.#native?.send(data as Uint8Array<ArrayBuffer>);
    }

    close(code?: number, reason?: string): void {
      if (this.#native) this.#native.close(code, reason);
      else this.#finish(1005, "");
    }

    async #dial(): Promise<void> {
      let plan: DialPlan;
      try {
        plan = await hooks.prepareDial(this.url);
      } catch (error) {
        plan = { refused: { code: 1006, reason: error instanceof Error ? error.message : String(error) } };
      }
      if (this.#closed) return; // closed while the token was on its way
      if ("refused" in plan) {
        this.#finish(plan.refused.code, plan.refused.reason);
        return;
      }
      this.#attach(new Native(plan.url, this.protocols));
    }

    #attach(native: WebSocket): void {
      this.#native = native;
      native.binaryType = "arraybuffer";
      native.onopen = () => {
        this.#wasOpen = true;
        hooks.onOpen();
        this.#emit("open", new Event("open"));
      };
      native.onmessage = (event: MessageEvent) => {
        const view = viewOf(event.data);
        if (view !== null && hooks.onMessage(view)) return;
        this.#emit("message", new MessageEvent("message", { data: event.data }));
      };
      native.onerror = () => this.#emit("error", new Event("error"));
      native.onclose = (event: CloseEvent) => this.#finish(event.code, event.reason);
    }

    #finish(code: number, reason: string): void {
      if (this.#closed) return;
      this.#closed = true;
      hooks.onClose(code, reason, this.#wasOpen);
      const event = new Event("close") as CloseEvent;
      Object.assign(event, { code, reason, wasClean: code === 1000 });
      this.#emit("close", event);
    }

    #emit(type: "open" | "close" | "error" | "message", event: Event): void {
      this.dispatchEvent(event);
      const handler = this[`on${type}`] as ((event: Event) => void) | null;
      handler?.call(this, event);
    }
  }
  return ManagedSocket as unknown as typeof WebSocket;
}
