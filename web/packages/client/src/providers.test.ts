import { webcrypto } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { Collaboration, type CollaborationOptions } from "./collaboration.js";
import { partykit } from "./partykit.js";
import { partyserver } from "./partyserver.js";
import type { ProviderKind } from "./providers.js";
import { websocket } from "./websocket.js";

/** The other end of a connection: takes every message, answers a state vector with an empty document. */
class FakeServer {
  static current: FakeServer;
  readonly doc = new Y.Doc();
  urls: string[] = [];
  updates = 0;
  refuses = false;
  socket: FakeSocket | null = null;

  receive(data: Uint8Array): void {
    if (data[0] !== 0) return;
    if (data[1] === 0) this.socket?.deliver(Uint8Array.from([0, 1, 2, 0, 0]));
    if (data[1] === 2) {
      this.updates += 1;
      Y.applyUpdate(this.doc, data.subarray(3)); // these tests' updates are below 128 bytes
    }
  }
}

class FakeSocket {
  binaryType = "";
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string) {
    FakeServer.current.urls.push(url);
    FakeServer.current.socket = this;
    queueMicrotask(() => {
      if (FakeServer.current.refuses) return this.close(1006);
      this.readyState = 1;
      this.onopen?.();
    });
  }

  deliver(data: Uint8Array): void {
    queueMicrotask(() => this.onmessage?.({ data: data.slice().buffer }));
  }

  send(data: Uint8Array): void {
    if (this.readyState === 1) FakeServer.current.receive(new Uint8Array(data));
  }

  close(code = 1000): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }
}

/** Settles when the state says so. */
function state(room: Collaboration, wanted: (value: typeof room.state.value) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!wanted(room.state.value)) return;
      stop();
      resolve();
    };
    const stop = room.state.subscribe(look);
    queueMicrotask(look);
  });
}

function openRoom(provider: ProviderKind, { refuses = false, ...options }: Partial<CollaborationOptions> & { refuses?: boolean } = {}): Collaboration {
  FakeServer.current = new FakeServer();
  FakeServer.current.refuses = refuses;
  return new Collaboration({
    host: "localhost:1999",
    type: "doc",
    id: "1",
    provider,
    cache: false,
    getToken: () => "t",
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    ...options,
  });
}

// y-partykit takes it for given, as every browser has it; nodejs 18 has it under another name only.
beforeEach(() => void vi.stubGlobal("crypto", webcrypto));
afterEach(() => vi.unstubAllGlobals());

const paths: Record<ProviderKind["name"], string> = {
  "y-partykit": "/parties/main/doc-1",
  "y-partyserver": "/parties/main/doc-1",
  "y-websocket": "/yjs/doc-1",
};

describe.each([partykit, partyserver, websocket])("a room over the stock provider $name", (provider) => {
  it("dials with its token, becomes live and sends what is typed", async () => {
    const room = openRoom(provider);
    await state(room, ({ status }) => status === "live");
    const url = new URL(FakeServer.current.urls[0]!);
    expect(url.pathname).toBe(paths[provider.name]);
    expect(url.searchParams.get("token")).toBe("t");
    expect(room.state.value.editable).toBe(true);

    room.doc.getText("t").insert(0, "typed");
    expect(FakeServer.current.updates).toBe(1);
    expect(FakeServer.current.doc.getText("t").toString()).toBe("typed");
    await room.destroy();
    expect(FakeServer.current.socket!.readyState).toBe(3);
  });

  it("can be edited at once when it was just created, and only then", async () => {
    let tell: (token: string) => void = () => undefined;
    const token = new Promise<string>((resolve) => (tell = resolve));
    const getToken = (): Promise<string> => token;
    const other = openRoom(provider, { getToken });
    expect(other.state.value).toMatchObject({ ready: false, editable: false, source: "none" });
    await other.destroy();
    const viewed = openRoom(provider, { getToken, created: true, expected: "view" });
    expect(viewed.state.value).toMatchObject({ ready: true, editable: false });
    await viewed.destroy();

    const room = openRoom(provider, { getToken, created: true });
    expect(room.state.value).toMatchObject({ status: "connecting", ready: true, editable: true, source: "new" });
    room.doc.getText("t").insert(0, "typed ahead");
    tell("t");
    await state(room, ({ status }) => status === "live");
    expect(room.state.value.source).toBe("server");
    expect(FakeServer.current.urls).toHaveLength(1);
    await room.destroy();
  });

  it("asks why a handshake failed, and stops when the room is gone", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(new URL(url).protocol + new URL(url).pathname);
      return new Response("The room was deleted\n", { status: 410 });
    });
    const room = openRoom(provider, { refuses: true });
    await state(room, ({ status }) => status === "denied");
    expect(room.state.value.reason).toBe("The room was deleted");
    expect(asked).toEqual([`http:${paths[provider.name]}`]);
    await room.destroy();
  });

  it("stops at a final refusal", async () => {
    const room = openRoom(provider);
    await state(room, ({ status }) => status === "live");
    FakeServer.current.socket!.close(1008);
    await state(room, ({ status }) => status === "denied");
    expect(room.state.value.editable).toBe(false);
    expect(FakeServer.current.urls).toHaveLength(1);
    await room.destroy();
  });
});
