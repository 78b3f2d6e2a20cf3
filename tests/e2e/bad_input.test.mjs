// What bad input gets: a clear answer to the one who sent it, and nobody else notices.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Client } from "./harness/clients.mjs";
import { RawClient, refusal } from "./harness/raw.mjs";
import { binary, Server } from "./harness/server.mjs";

const run = promisify(execFile);

describe("bad input", () => {
  let server;
  let witness;
  let edits = 0;
  before(async () => {
    server = await Server.start();
    witness = [new Client("y-websocket", server, "bad"), new Client("y-partykit", server, "bad")];
    await Promise.all(witness.map((client) => client.synced()));
  });
  after(async () => {
    witness.forEach((client) => client.destroy());
    await server.stop();
  });

  /** The room still works for those who behave. */
  async function roomStillWorks() {
    const content = `edit ${++edits}`;
    witness[0].doc.getMap("check").set("n", content);
    await witness[1].holds(({ doc }) => doc.getMap("check").get("n") === content, "the next edit");
  }

  const malformed = {
    "an empty message": Uint8Array.of(),
    "an unknown message type": Uint8Array.of(99, 1, 2, 3),
    "an unknown sync type": Uint8Array.of(0, 9, 0),
    "a truncated update": Uint8Array.of(0, 2, 200, 1, 1, 1),
    "an update of garbage": Uint8Array.of(0, 2, 6, 1, 255, 255, 255, 255, 15),
    "a truncated awareness": Uint8Array.of(1, 5, 1, 2),
    "awareness with broken JSON": Uint8Array.of(1, 6, 1, 5, 1, 2, 123, 34),
    "an endless varint": Uint8Array.from([0, 2, ...Array(20).fill(255)]),
    "a broken state vector": Uint8Array.of(0, 0, 3, 255, 255, 255),
  };
  for (const [what, bytes] of Object.entries(malformed)) {
    it(`${what} is dropped and the connection goes on`, async () => {
      const raw = await RawClient.open(server, "/yjs/bad");
      raw.ws.send(bytes);
      raw.messages.length = 0;
      raw.ws.send(Uint8Array.of(0, 0, 1, 0));
      await raw.message((data) => data[0] === 0 && data[1] === 1, "a SyncStep2 after it");
      raw.ws.terminate();
      await roomStillWorks();
    });
  }

  it("more than 20 undecodable messages a minute close the connection, and only it", async () => {
    const raw = await RawClient.open(server, "/parties/main/bad?_pk=flooder");
    for (let i = 0; i < 30; ++i) raw.ws.send(Uint8Array.of(0, 2, 6, 1, 255, 255, 255, 255, 15));
    const { code } = await raw.closeEvent();
    assert.ok([1003, 1007, 1008].includes(code), `code ${code}`);
    const stay = await refusal(server, "/parties/main/bad?_pk=flooder");
    assert.equal(stay.status, 429);
    assert.ok(Number(stay.headers["retry-after"]) <= 10, `for a while, not for ${stay.headers["retry-after"]} s`);
    await roomStillWorks();
  });

  const frames = {
    "an unmasked frame": [Buffer.from([0x82, 0x01, 0x00]), 1002],
    "a reserved bit": [Buffer.from([0xc2, 0x80, 0, 0, 0, 0]), 1002],
    "a reserved opcode": [Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    "a fragmented ping": [Buffer.from([0x09, 0x80, 0, 0, 0, 0]), 1002],
    "a continuation of nothing": [Buffer.from([0x80, 0x80, 0, 0, 0, 0]), 1002],
    "text that is not UTF-8": [Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
    "a close code that may not be sent": [Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed]), 1002],
    "a frame of 2^62 bytes": [Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
  };
  for (const [what, [bytes, expected]] of Object.entries(frames)) {
    it(`${what} closes that connection with ${expected}`, async () => {
      const raw = await RawClient.open(server, "/yjs/bad");
      raw.writeRaw(bytes);
      assert.equal((await raw.closeEvent()).code, expected);
      await roomStillWorks();
    });
  }

  it("text that the room does not understand is ignored", async () => {
    const raw = await RawClient.open(server, "/parties/main/bad");
    raw.ws.send("hello");
    raw.ws.send("__YPS:custom");
    raw.ws.send(Uint8Array.of(0, 0, 1, 0));
    await raw.message((data) => data[0] === 0 && data[1] === 1, "a SyncStep2 after it");
    raw.ws.terminate();
  });

  it("a bad room or path is refused with a sentence", async () => {
    const cases = [
      ["/parties/nowhere/room", 404, /nowhere/],
      [`/yjs/${"x".repeat(513)}`, 400, /512/],
      ["/yjs/", 400, /room/i],
      ["/no/such/path", 404, /./],
    ];
    for (const [path, status, sentence] of cases) {
      const answer = await refusal(server, path);
      assert.equal(answer.status, status, path);
      assert.match(answer.body, sentence, path);
    }
  });

  it("a bad flag, a bad setting and a busy directory get a sentence and a next step", async () => {
    const failing = async (...args) => {
      try {
        await run(binary, args, { timeout: 20_000 });
      } catch (error) {
        return error;
      }
      throw new Error(`runnel ${args.join(" ")} succeeded`);
    };
    const flag = await failing("serve", "--prot", "1");
    assert.match(flag.stderr, /--prot/);
    const setting = await failing("serve", "--set", "save.interval=soon");
    assert.match(setting.stderr, /save\.interval/);
    assert.match(setting.stderr, /30s|duration/);
    const busy = await failing("serve", "--port", "0", "--data", server.dataDir, "--set", "auth.mode=none");
    assert.match(busy.stderr, new RegExp(String(server.child.pid)));
  });
});
