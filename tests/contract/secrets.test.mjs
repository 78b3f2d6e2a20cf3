// Nothing secret is ever shown: not in the log at its most talkative, in no answer, not by the command
// line, and what is stored of a token is its hash. Whatever the server is brought to do here, and the
// backend's errors quote the secrets back.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { RawClient, refusal } from "../e2e/harness/raw.mjs";
import { binary, Server } from "../e2e/harness/server.mjs";
import { Backend } from "./backend.mjs";
import { hmacToken, jwt } from "./tokens.mjs";

const admin = "admin-secret-that-nobody-may-see";
const shared = "backend-secret-that-nobody-may-see";
const signing = "signing-secret-that-nobody-may-see";
const asAdmin = { authorization: `Bearer ${admin}` };
const talkative = (format) => ["--set", "log.level=debug", "--set", `log.format=${format}`, "--set", "auth.recheck_interval=200ms",
  "--set", "save.interval=200ms", "--set", "backend.timeout=500ms", "--set", "backend.legacy_body=true"];

/** Everything that anybody may read of a server. */
async function shown(server) {
  const texts = { log: server.log };
  const urls = ["/readyz", "/healthz", "/metrics", "/v1/stats", "/v1/rooms", "/v1/rooms/doc-s", "/v1/rooms/nobody", "/_/", "/", "/v1/openapi.json"];
  for (const url of urls) {
    const response = await server.http(url, { headers: asAdmin });
    texts[url] = JSON.stringify([...response.headers]) + (await response.text());
  }
  const wrong = await server.http(`/v1/rooms?secret=${admin}x`, { headers: { authorization: `Bearer ${admin}x` } });
  texts["a wrong admin secret"] = await wrong.text();
  return texts;
}

const stored = (dir) => readdirSync(dir, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== "admin.secret")
  .map((entry) => readFileSync(join(entry.path ?? entry.parentPath ?? dir, entry.name), "latin1"));

function nowhere(texts, secrets) {
  for (const [where, text] of Object.entries(texts)) {
    for (const secret of secrets) {
      assert.ok(!text.includes(secret), `${secret} is in ${where}: …${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 40)}`);
      // Not in the encodings in which it travels either.
      assert.ok(!text.includes(Buffer.from(secret).toString("base64")), `base64 of ${secret} is in ${where}`);
    }
  }
}

/** Opens, is refused, refreshes, is kicked and re-checked, through an outage that quotes secrets. */
async function livelyHour(server, backend, tokens) {
  const client = new Client("y-partykit", server, "doc-s", { params: { token: tokens.good } });
  await client.synced();
  client.text.insert(0, "hello");
  for (const token of tokens.bad) {
    await refusal(server, `/parties/main/doc-s?_pk=x&token=${token}`);
    await refusal(server, `/parties/main/doc-s?_pk=y`, { authorization: `Bearer ${token}` });
    await (await RawClient.open(server, `/yjs/doc-s?token=${token}`)).closeEvent();
  }
  const raw = await RawClient.open(server, `/parties/main/doc-s?_pk=raw&token=${tokens.second}`);
  raw.sendJson({ type: "token_refresh", token: tokens.bad[0] });
  await raw.message((m) => typeof m === "string" && m.includes("AUTH_"), "the answer to a refresh");
  raw.ws.send(`{"type":"token_refresh","token":"${tokens.bad[1]}`); // not even JSON
  await raw.roundTrip();
  const quoted = { status: 500, body: undefined, headers: { "x-quoted": `${shared} ${tokens.good}` } };
  await backend?.faults({ verify: quoted, "check-access": quoted, "snapshot:POST": quoted, "snapshot:GET": quoted });
  client.text.insert(0, "more ");
  await raw.message((m) => typeof m === "string" && (backend ? m.includes("PERSIST_FAILED") : true), "PERSIST_FAILED");
  await refusal(server, `/parties/main/doc-out?_pk=z&token=${tokens.bad[1]}x`);
  await backend?.faults({});
  await server.http("/v1/rooms/doc-s/recheck", { method: "POST", headers: asAdmin });
  await server.http("/v1/rooms/doc-s/kick", { method: "POST", headers: { ...asAdmin, "content-type": "application/json" }, body: '{"user":"nobody"}' });
  client.destroy();
  raw.ws.terminate();
}

describe("secrets", () => {
  const bad = ["bad-token-that-nobody-may-see", "worse-token-that-nobody-may-see"];

  for (const format of ["text", "json"]) {
    it(`backend and one-time tokens, log in ${format}`, async () => {
      const backend = await Backend.start({ secret: shared });
      const server = await Server.start({ args: talkative(format), env: { ...backend.env, RUNNEL_ADMIN_SECRET: admin } });
      const good = await backend.token("good-token-that-nobody-may-see", "doc-s");
      const second = await backend.token("second-token-that-nobody-may-see", "doc-s");
      await livelyHour(server, backend, { good, second, bad });
      const secrets = [admin, shared, good, second, ...bad];
      nowhere(await shown(server), secrets);
      await server.terminate();
      nowhere({ "the log to its end": server.log }, secrets);
      nowhere(Object.fromEntries(stored(server.dataDir).map((text, i) => [`file ${i} of the data directory`, text])), secrets);
      await server.stop();
      await backend.stop();
    });
  }

  it("HMAC tokens", async () => {
    const backend = await Backend.start({ secret: shared });
    const env = { ...backend.env, RUNNEL_ADMIN_SECRET: admin, RUNNEL_AUTH_SECRET: signing };
    const server = await Server.start({ args: [...talkative("text"), "--set", "auth.mode=hmac"], env });
    const mint = (key, sub) => hmacToken(key, { sub, name: "N", room: "doc-s", exp: Date.now() + 60_000 });
    const tokens = { good: mint(signing, "u1"), second: mint(signing, "u2"), bad: [mint("wrong", "u3"), mint(signing, "u4").slice(0, -2)] };
    await livelyHour(server, backend, tokens);
    const signatures = [tokens.good, tokens.second, ...tokens.bad].map((token) => token.split(".")[1]);
    const secrets = [admin, shared, signing, ...signatures];
    nowhere(await shown(server), secrets);
    await server.terminate();
    nowhere({ log: server.log }, secrets);
    nowhere(Object.fromEntries(stored(server.dataDir).map((text, i) => [`file ${i}`, text])), secrets);
    await server.stop();
    await backend.stop();
  });

  it("JSON Web Tokens and the embedded backend", async () => {
    const env = { RUNNEL_BACKEND_SECRET: shared, RUNNEL_ADMIN_SECRET: admin, RUNNEL_AUTH_SECRET: signing };
    const server = await Server.start({ args: [...talkative("json"), "--set", "auth.mode=jwt"], env });
    const make = (key, sub) => jwt("HS256", key, { sub, room: "doc-s", exp: Math.floor(Date.now() / 1000) + 60 });
    const tokens = { good: make(signing, "u1"), second: make(signing, "u2"), bad: [make("wrong", "u3"), make("wronger", "u4")] };
    await livelyHour(server, null, tokens);
    const quoted = await server.http("/collaboration/snapshot?roomId=doc-s", { headers: { authorization: `Bearer ${shared}x` } });
    const secrets = [admin, shared, signing, ...Object.values(tokens).flat().map((token) => token.split(".")[2])];
    nowhere({ ...(await shown(server)), "a wrong backend secret": await quoted.text() }, secrets);
    await server.terminate();
    nowhere({ log: server.log }, secrets);
    await server.stop();
  });

  it("the command line: settings, mistakes in them, and minted tokens' keys", () => {
    const env = { ...process.env, PARTYKIT_SECRET: shared, RUNNEL_ADMIN_SECRET: admin, RUNNEL_AUTH_SECRET: signing };
    const run = (...args) => {
      try {
        return execFileSync(binary, args, { env, encoding: "utf8", stdio: "pipe" });
      } catch (error) {
        return error.stdout + error.stderr;
      }
    };
    const texts = {
      config: run("config"),
      "a mistake": run("config", "--set", `auth.secrets=${signing}`),
      "another mistake": run("serve", "--set", `backend.secret.x=${shared}`),
    };
    assert.match(texts.config, /backend\.secret +\(set\)/);
    // What a person typed wrongly on the command line is repeated to them, so only the rest counts there.
    nowhere({ config: texts.config }, [shared, admin, signing]);
    nowhere({ "a mistake": texts["a mistake"], "another mistake": texts["another mistake"] }, [admin]);
  });
});
