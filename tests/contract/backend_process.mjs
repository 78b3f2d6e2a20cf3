// The scripted backend itself, a process of its own so that it can die in the middle. It obeys its
// parent's messages (state and faults) and reports every request and every change to it.
import { createServer } from "node:http";

let state = { secret: "", tokens: {}, access: {}, snapshots: {}, faults: {}, etags: false };
const report = (message) => process.send?.(message);

const json = (response, status, body, headers = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

/** A fault of one room ("snapshot:GET doc-1") comes before that of the route. */
const faultOf = (route, room) => state.faults[`${route} ${room}`] ?? state.faults[route];

/** True when the fault has taken over the answer. */
function misbehave(fault, request, response, body) {
  if (!fault) return false;
  if (fault.hang) return true;
  if (fault.reset) {
    request.socket.resetAndDestroy();
    return true;
  }
  if (fault.status) {
    json(response, fault.status, { error: "scripted" }, fault.headers ?? {});
    return true;
  }
  if (fault.body !== undefined) {
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(Buffer.from(fault.body, "base64"));
    return true;
  }
  if (fault.truncate) {
    const whole = body ?? Buffer.from("{}");
    response.writeHead(200, { "content-length": whole.length + 10 });
    response.write(whole.subarray(0, Math.ceil(whole.length / 2)));
    setTimeout(() => request.socket.destroy(), 20);
    return true;
  }
  if (fault.slowMs && body) {
    response.writeHead(200, { "content-length": body.length });
    const piece = Math.max(1, Math.ceil(body.length / 10));
    for (let i = 0; i < 10; ++i) {
      setTimeout(() => {
        response.write(body.subarray(i * piece, (i + 1) * piece));
        if (i === 9) response.end();
      }, (fault.slowMs / 10) * i);
    }
    return true;
  }
  return false;
}

function verify(request, response, body) {
  const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  const { roomId } = JSON.parse(body.toString() || "{}");
  if (!roomId) return json(response, 400, { error: "Missing roomId" });
  if (!token) return json(response, 401, { error: "Missing auth token" });
  const known = state.tokens[token];
  if (!known) return json(response, 401, { error: "Invalid or expired token" });
  // As the application has it: the token is gone before the room is compared.
  delete state.tokens[token];
  report({ kind: "used", token });
  if (known.room !== roomId) return json(response, 403, { error: "Room mismatch" });
  const { room: _, ...identity } = known;
  return json(response, 200, identity);
}

function etagOf(snapshot) {
  return state.etags && snapshot ? { etag: `"${snapshot.revision}"` } : {};
}

function snapshot(request, response, room, body) {
  if (request.headers.authorization !== `Bearer ${state.secret}`) return json(response, 401, { error: "Unauthorized" });
  const stored = state.snapshots[room];
  if (request.method === "GET") {
    if (!stored) return json(response, 404, { error: "No snapshot found" });
    const bytes = Buffer.from(stored.bytes, "base64");
    if (misbehave(faultOf("loadBody", room), request, response, bytes)) return undefined;
    return response.writeHead(200, { "content-type": "application/octet-stream", ...etagOf(stored) }).end(bytes);
  }
  const match = request.headers["if-match"];
  if (state.etags && match && match !== `"${stored?.revision}"`) return json(response, 412, { error: "stale" });
  if (state.etags && request.headers["if-none-match"] === "*" && stored) return json(response, 412, { error: "stale" });
  if (body.length > 20 * 1024 * 1024) return json(response, 413, { error: "too large" });
  state.snapshots[room] = { bytes: body.toString("base64"), revision: (stored?.revision ?? 0) + 1 };
  report({ kind: "stored", room, ...state.snapshots[room] });
  return json(response, 200, { success: true }, etagOf(state.snapshots[room]));
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => undefined);
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const url = new URL(request.url, "http://backend");
    const room = url.searchParams.get("roomId");
    const route = url.pathname.replace("/collaboration/", "") + (url.pathname.endsWith("snapshot") ? `:${request.method}` : "");
    report({
      kind: "request", route, method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams),
      headers: request.headers, body: body.length > 100_000 ? "" : body.toString("base64"), bytes: body.length, at: Date.now(),
    });
    if (misbehave(faultOf(route, room), request, response)) return;
    if (route === "verify") verify(request, response, body);
    else if (route === "check-access") {
      json(response, 200, state.access[url.searchParams.get("userId")] ?? { hasAccess: true });
    } else if (route.startsWith("snapshot")) snapshot(request, response, room, body);
    else json(response, 404, { error: "Not found" });
  });
});

process.on("message", (message) => {
  if (message.state) state = message.state;
  if (message.faults) state.faults = message.faults;
  if (message.tokens) Object.assign(state.tokens, message.tokens);
  if (message.access) Object.assign(state.access, message.access);
  if (message.snapshots) Object.assign(state.snapshots, message.snapshots);
  if (message.ask !== undefined) report({ kind: "obeyed", ask: message.ask });
});
process.on("disconnect", () => process.exit());
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => report({ kind: "listening", port: server.address().port }));
