// A folder with the partykit.json of the server to replace, and the documents' environment variables:
// `runnel serve` in it is the same server, without a line of TOML. Stock clients, the scripted backend.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { refusal } from "../e2e/harness/raw.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { Backend } from "./backend.mjs";

/** A port that nobody has at the moment. */
async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const inherited = { CONVEX_SITE_URL: undefined, PARTYKIT_SECRET: undefined };

describe("partykit.json and the documents' variables", () => {
  let backend, folder, port;
  const configured = async (file, env = {}) => {
    writeFileSync(join(folder, "partykit.json"), JSON.stringify(file));
    return Server.start({ command: ["serve"], cwd: folder, dataDir: join(folder, "unused"), env: { ...inherited, ...env } });
  };
  const session = async (server, room) => {
    const client = new Client("y-partykit", server, room, { params: { token: await backend.token(`t-${room}`, room) } });
    await client.synced();
    client.text.insert(0, `typed in ${room}`);
    await backend.until(() => backend.stored(room) !== null, "the save", 60_000);
    client.destroy();
    await server.terminate();
  };
  const file = (vars) => ({ name: "my-app", main: "partykit/server.ts", compatibilityDate: "2024-01-01", port, persist: "state/rooms", ...(vars ? { vars } : {}) });
  before(async () => {
    backend = await Backend.start();
    folder = mkdtempSync(join(tmpdir(), "runnel-partykit-"));
    mkdirSync(join(folder, "state"));
    port = await freePort();
  });
  after(async () => {
    await backend?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("name, port, persist and vars of the file are what the server runs with", async () => {
    const vars = { CONVEX_SITE_URL: backend.url, PARTYKIT_SECRET: backend.secret, RUNNEL_SAVE_INTERVAL: "1s" };
    const server = await configured(file(vars));
    assert.equal(server.port, port);
    assert.ok(existsSync(join(folder, "state/rooms")), "the data is where `persist` says");
    assert.equal((await refusal(server, "/parties/main/doc-file?_pk=x")).status, 401);
    assert.equal((await refusal(server, "/party/doc-file?_pk=x&token=bad")).status, 401);
    await session(server, "doc-file");
    const save = backend.requests.find((r) => r.route === "snapshot:POST");
    assert.equal(save.headers.authorization, `Bearer ${backend.secret}`);
    assert.ok(!server.log.includes(backend.secret));
  });

  it("the variables of the environment do the same, and win over the file's", async () => {
    const wrong = { CONVEX_SITE_URL: "http://127.0.0.1:9", PARTYKIT_SECRET: "of-the-file" };
    const server = await configured(file(wrong), { ...backend.env, RUNNEL_SAVE_INTERVAL: "1s" });
    await session(server, "doc-environment");
  });

  it("`persist: false` keeps nothing but what the backend has", async () => {
    const env = { ...backend.env, RUNNEL_SAVE_INTERVAL: "1s", RUNNEL_SERVER_DATA_DIR: join(folder, "none") };
    await session(await configured({ ...file(), persist: false }, env), "doc-nolog");
    const again = await configured({ ...file(), persist: false }, env);
    const client = new Client("y-partykit", again, "doc-nolog", { params: { token: await backend.token("t-again", "doc-nolog") } });
    await client.textIs("typed in doc-nolog");
    assert.ok(backend.count("snapshot:GET", "doc-nolog") >= 2, "it came from the backend");
    client.destroy();
    await again.terminate();
  });
});
