// The examples of README.md do what they say, as they stand there, all in one room.
import "./harness/browser_globals.mjs";
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "./harness/clients.mjs";
import { Server } from "./harness/server.mjs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const snippets = [...readme.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1]);
// Inside node_modules, so that the imports of an example find what is installed there.
const folder = new URL("./node_modules/.snippets/", import.meta.url);

describe("the examples of the README", () => {
  let server;
  let reader;
  before(async () => {
    server = await Server.start();
    reader = new Client("y-websocket", server, "my-room");
    await reader.synced();
    mkdirSync(fileURLToPath(folder), { recursive: true });
  });
  after(async () => {
    reader.destroy();
    await server.stop();
  });

  it("there is one for each provider, of at most 15 lines", () => {
    assert.equal(snippets.length, 3);
    for (const snippet of snippets) assert.ok(snippet.trim().split("\n").length <= 15);
  });

  for (const [index, snippet] of snippets.entries()) {
    const name = /from "(y-[a-z]+)/.exec(snippet)[1];
    it(`${name}: the text and the user reach others`, async () => {
      const file = new URL(`${index}.mjs`, folder);
      writeFileSync(file, `${snippet.replaceAll("localhost:1999", server.host)}\nexport { doc, provider };\n`);
      const { doc, provider } = await import(file.href);
      const note = reader.doc.getText("note");
      await reader.holds(() => note.toString().includes(`Hello from ${name}.`), `the text of ${name}`);
      const user = provider.awareness.getLocalState().user.name;
      const isThere = (states) => [...states.values()].some((state) => state.user?.name === user);
      await reader.sees(isThere, user);
      provider.destroy();
      doc.destroy();
    });
  }
});
