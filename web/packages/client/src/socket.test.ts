import { describe, expect, it } from "vitest";
import { managedSocket, type SocketHooks } from "./socket.js";

/** A socket whose other end is the test. */
class ScriptedSocket {
  static dialled: ScriptedSocket[] = [];
  binaryType = "";
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  sent: unknown[] = [];
  constructor(readonly url: string) {
    ScriptedSocket.dialled.push(this);
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(code = 1005): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }
}

function setUp(plan: SocketHooks["prepareDial"]) {
  ScriptedSocket.dialled = [];
  const seen: string[] = [];
  const hooks: SocketHooks = {
    prepareDial: plan,
    onOpen: () => seen.push("open"),
    onSend: (data) => seen.push(`send ${String(data)}`),
    onMessage: (data) => typeof data === "string" && data.startsWith("{"),
    onClose: (code, reason) => seen.push(`close ${code} ${reason}`),
  };
  const Socket = managedSocket(hooks, ScriptedSocket as unknown as typeof WebSocket);
  return { seen, socket: new Socket("ws://h/r?_pk=1") };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("the managed socket", () => {
  it("dials the prepared URL and hides control messages from the provider", async () => {
    const { seen, socket } = setUp(async (url) => ({ url: `${url}&token=t` }));
    const messages: unknown[] = [];
    socket.onmessage = (event) => messages.push(event.data);
    await turn();
    const native = ScriptedSocket.dialled[0]!;
    expect(native.url).toBe("ws://h/r?_pk=1&token=t");
    native.readyState = 1;
    native.onopen?.();
    expect(socket.readyState).toBe(1);
    native.onmessage?.({ data: '{"type":"ack"}' });
    native.onmessage?.({ data: "__YPS:x" });
    socket.send("hello");
    expect(messages).toEqual(["__YPS:x"]);
    expect(seen).toEqual(["open", "send hello"]);
  });

  it("never dials when it is refused or closed while the token is fetched", async () => {
    const refused = setUp(async () => ({ refused: { code: 1008, reason: "no" } }));
    const codes: number[] = [];
    refused.socket.onclose = (event) => codes.push(event.code);
    await turn();
    expect(codes).toEqual([1008]);
    let allow: (plan: { url: string }) => void = () => undefined;
    const slow = setUp(() => new Promise((resolve) => (allow = resolve)));
    slow.socket.close();
    allow({ url: "ws://h/r" });
    await turn();
    expect(ScriptedSocket.dialled).toHaveLength(0);
    expect(slow.socket.readyState).toBe(3);
  });

  it("turns a failing token source into a closed socket", async () => {
    const { seen } = setUp(async () => {
      throw new Error("no network");
    });
    await turn();
    expect(seen).toEqual(["close 1006 no network"]);
  });
});
