// convex-test runs the functions in this process; the bridge gives their HTTP routes a real port, so
// that the real room server talks to the real functions.
import { convexTest } from "convex-test";
import { webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import schema from "../convex/schema.ts";

// Convex's runtime has it everywhere, Node from 19 on.
globalThis.crypto ??= webcrypto;

const modules = {
  "../convex/_generated/api.js": () => import("../convex/_generated/api.js"),
  "../convex/collaboration.ts": () => import("../convex/collaboration.ts"),
  "../convex/collaborationAccess.ts": () => import("../convex/collaborationAccess.ts"),
  "../convex/http.ts": () => import("../convex/http.ts"),
  "../convex/schema.ts": () => import("../convex/schema.ts"),
};

export async function startBridge(secret) {
  process.env.PARTYKIT_SECRET = secret;
  const convex = convexTest(schema, modules);
  const requests = [];
  // convex-test has one transaction at a time, so requests take turns.
  let turn = Promise.resolve();
  const inTurn = (work) => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ method: request.method, url: request.url });
    const body = request.method === "GET" ? undefined : Buffer.concat(chunks);
    const answer = await inTurn(() => convex.fetch(request.url, { method: request.method, headers: request.headers, body }))
      .catch((error) => new Response(JSON.stringify({ error: String(error) }), { status: 500 }));
    const bytes = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(bytes);
  });
  server.unref(); // a test that fails before its end is not to keep the process
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    convex,
    inTurn,
    requests,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
