// auth.mode = "jwt" against the real binary: every algorithm, keys from a URL that rotates and fails,
// from a file and from a PEM, and what makes a token no good.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Client } from "../e2e/harness/clients.mjs";
import { RawClient, refusal } from "../e2e/harness/raw.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { polled } from "../e2e/harness/until.mjs";
import { jwt } from "./tokens.mjs";

const kinds = { RS256: ["rsa", { modulusLength: 2048 }], ES256: ["ec", { namedCurve: "P-256" }], EdDSA: ["ed25519", {}] };
const pem = (key) => key.export({ type: key.type === "private" ? "pkcs8" : "spki", format: "pem" });

function makeKey(alg, kid) {
  const pair = generateKeyPairSync(...kinds[alg]);
  return { alg, kid, private: pem(pair.privateKey), public: pem(pair.publicKey), jwk: { ...pair.publicKey.export({ format: "jwk" }), kid, alg, use: "sig" } };
}

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (more = {}) => ({ sub: "u1", room: "doc-j", exp: seconds() + 600, ...more });
const path = (token, room = "doc-j") => `/parties/main/${room}?_pk=${Math.random()}&token=${token}`;
const status = async (server, token, room) => (await refusal(server, path(token, room))).status;
const enters = async (server, token, room) => (await RawClient.open(server, path(token, room))).ws.terminate();

describe("keys from a URL", () => {
  const keys = Object.fromEntries(Object.keys(kinds).map((alg) => [alg, makeKey(alg, `${alg}-1`)]));
  let published, publisher, asked, server;
  const signed = (alg, more, key = keys[alg]) => jwt(alg, key.private, claims({ aud: "collab", iss: "https://app.example", ...more }), key.kid);
  before(async () => {
    published = Object.values(keys);
    asked = 0;
    publisher = createServer((_request, response) => {
      ++asked;
      if (published === null) response.writeHead(503).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: published.map((key) => key.jwk) }));
    }).listen(0, "127.0.0.1");
    publisher.unref();
    await once(publisher, "listening");
    server = await Server.start({ args: ["--set", "auth.mode=jwt", "--set", `auth.jwks=http://127.0.0.1:${publisher.address().port}/jwks.json`,
      "--set", "auth.audience=collab", "--set", "auth.issuer=https://app.example", "--set", "auth.clock_skew=5s"] });
  });
  after(async () => {
    await server?.stop();
    publisher?.close();
  });

  for (const alg of Object.keys(kinds)) {
    it(`${alg}: a stock client gets in; one flipped bit, and it does not`, async () => {
      const client = new Client("y-partykit", server, "doc-j", { params: { token: signed(alg) } });
      await client.synced();
      client.destroy();
      const token = signed(alg);
      const at = token.lastIndexOf(".") + 10;
      const flipped = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      assert.equal(await status(server, flipped), 401);
    });
  }

  it("the room claim is required, and names one room or several", async () => {
    await enters(server, signed("ES256", { room: ["doc-other", "doc-j"] }));
    assert.equal(await status(server, signed("ES256", { room: "doc-other" })), 403);
    assert.equal(await status(server, signed("ES256", { room: ["doc-other"] })), 403);
    const without = await status(server, signed("ES256", { room: undefined }));
    assert.ok([401, 403].includes(without), `${without}`);
  });

  it("audience, issuer and times are looked at, with the tolerance that is set", async () => {
    assert.equal(await status(server, signed("ES256", { aud: "another" })), 401);
    assert.equal(await status(server, signed("ES256", { aud: undefined })), 401);
    assert.equal(await status(server, signed("ES256", { iss: "https://evil.example" })), 401);
    assert.equal(await status(server, signed("ES256", { exp: seconds() - 60 })), 401);
    assert.equal(await status(server, signed("ES256", { exp: undefined })), 401);
    assert.equal(await status(server, signed("ES256", { nbf: seconds() + 60 })), 401);
    await enters(server, signed("ES256", { exp: seconds() - 2 }));
    await enters(server, signed("ES256", { nbf: seconds() + 3 }));
  });

  it("no signature, a foreign algorithm and a public key used as a secret are refused", async () => {
    const [head, body] = signed("RS256").split(".");
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    assert.equal(await status(server, `${none}.${body}.`), 401);
    assert.equal(await status(server, `${head}.${body}.`), 401);
    const confused = jwt("HS256", keys.RS256.public, claims({ aud: "collab", iss: "https://app.example" }), keys.RS256.kid);
    assert.equal(await status(server, confused), 401);
  });

  it("accessLevel view reads only", async () => {
    const viewer = new Client("y-partykit", server, "doc-j", { params: { token: signed("EdDSA", { sub: "v", accessLevel: "view" }) } });
    await viewer.synced();
    const refused = viewer.refusedEdit();
    viewer.text.insert(0, "no");
    await refused;
    const editor = new Client("y-partykit", server, "doc-j", { params: { token: signed("EdDSA") } });
    await editor.synced();
    assert.equal(editor.text.toString(), "");
    viewer.destroy();
    editor.destroy();
  });

  it("a key set that rotates: the new key opens within seconds, the withdrawn one no more, an outage changes nothing", async () => {
    const next = makeKey("ES256", "ES256-2");
    published = [next];
    // An unknown key is looked for at most every ten seconds.
    await polled(async () => {
      const response = await server.http(path(signed("ES256", {}, next)));
      return response.status === 426; // let in, but it is no WebSocket
    }, "the new key to be known", 30_000);
    assert.equal(await status(server, signed("ES256")), 401);
    published = null;
    await enters(server, signed("ES256", {}, next));
    const fetched = asked;
    for (let i = 0; i < 20; ++i) await server.http(path(signed("ES256", {}, { ...next, kid: `forged-${i}` })));
    assert.ok(asked <= fetched + 2 * 2, `${asked - fetched} fetches for forged key ids`);
  });

  it("keys that could never be fetched are an outage, not a refusal", async () => {
    published = null;
    const args = ["--set", "auth.mode=jwt", "--set", `auth.jwks=http://127.0.0.1:${publisher.address().port}/jwks.json`];
    const lost = await Server.start({ args });
    const answer = await refusal(lost, path(jwt("ES256", keys.ES256.private, claims(), "ES256-1")));
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers["retry-after"]) >= 1);
    await lost.stop();
  });
});

describe("keys from a file, from a PEM, and a secret", () => {
  let folder;
  before(() => { folder = mkdtempSync(join(tmpdir(), "runnel-jwt-")); });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("a JWKS file is read again when a token names a key that is new in it", async () => {
    const [first, second] = [makeKey("EdDSA", "a"), makeKey("RS256", "b")];
    const file = join(folder, "jwks.json");
    writeFileSync(file, JSON.stringify({ keys: [first.jwk] }));
    const server = await Server.start({ args: ["--set", "auth.mode=jwt", "--set", `auth.jwks=${file}`] });
    await enters(server, jwt("EdDSA", first.private, claims(), "a"));
    writeFileSync(file, JSON.stringify({ keys: [second.jwk] }));
    await polled(async () => (await server.http(path(jwt("RS256", second.private, claims({ n: Math.random() }), "b")))).status === 426, "the new key", 30_000);
    assert.equal(await status(server, jwt("EdDSA", first.private, claims({ jti: "late" }), "a")), 401);
    await server.stop();
  });

  it("auth.public_key", async () => {
    const key = makeKey("ES256");
    writeFileSync(join(folder, "key.pem"), key.public);
    const server = await Server.start({ args: ["--set", "auth.mode=jwt", "--set", `auth.public_key=${join(folder, "key.pem")}`] });
    await enters(server, jwt("ES256", key.private, claims()));
    assert.equal(await status(server, jwt("ES256", makeKey("ES256").private, claims())), 401);
    await server.stop();
  });

  it("HS256 with auth.secret, another claim for the room, and no secret or token in the log", async () => {
    const secret = "a-secret-of-hs256-0123456789abcdef";
    const args = ["--set", "auth.mode=jwt", "--set", "auth.room_claim=docs", "--set", "log.level=debug"];
    const server = await Server.start({ args, env: { RUNNEL_AUTH_SECRET: secret } });
    const good = jwt("HS256", secret, claims({ room: undefined, docs: ["doc-j"] }));
    await enters(server, good);
    const bad = jwt("HS256", "another", claims({ docs: ["doc-j"] }));
    assert.equal(await status(server, bad), 401);
    for (const text of [secret, good, bad, good.split(".")[2], bad.split(".")[2]]) assert.ok(!server.log.includes(text));
    await server.stop();
  });
});
