// The admin API (docs/openapi.json) with the secret of this tab.

const secretKey = "runnel-admin-secret";

export const secret = {
  get: () => sessionStorage.getItem(secretKey),
  /** @param {string} value */
  set: (value) => sessionStorage.setItem(secretKey, value),
  forget: () => sessionStorage.removeItem(secretKey),
};

/** An answer that is not 2xx, in the server's words. */
export class ApiError extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: BodyInit | object | null, accept?: string, signal?: AbortSignal }} [options]
 */
export async function request(method, path, options = {}) {
  const raw = options.body instanceof Blob || options.body instanceof Uint8Array || options.body instanceof ArrayBuffer;
  /** @type {Record<string, string>} */
  const headers = { authorization: `Bearer ${secret.get() ?? ""}` };
  if (options.body) headers["content-type"] = raw ? "application/octet-stream" : "application/json";
  if (options.accept) headers["accept"] = options.accept;
  const body = options.body ? (raw ? /** @type {BodyInit} */ (options.body) : JSON.stringify(options.body)) : null;
  const response = await fetch(path, { method, headers, body, signal: options.signal ?? null });
  if (response.ok) return response;
  const text = await response.text();
  let detail = text || response.statusText;
  try {
    const problem = JSON.parse(text);
    detail = problem.detail ?? problem.title ?? detail;
  } catch {
    // not problem+json: the text itself is all there is
  }
  throw new ApiError(response.status, detail);
}

/** @param {string} path @param {AbortSignal} [signal] */
export async function getJson(path, signal) {
  return (await request("GET", path, signal ? { signal } : {})).json();
}

/** @param {{ party: string, name: string }} room @param {string} [rest] @param {Record<string, string>} [query] */
export function roomPath(room, rest = "", query = {}) {
  const params = new URLSearchParams(room.party === "main" ? query : { party: room.party, ...query });
  const tail = params.size > 0 ? `?${params}` : "";
  return `/v1/rooms/${encodeURIComponent(room.name)}${rest}${tail}`;
}

/**
 * Reads server-sent events with the secret in a header, which EventSource cannot send.
 * @param {(event: string, data: any) => void} onEvent
 * @param {(connected: boolean) => void} onState
 * @param {AbortSignal} signal
 */
export async function readEvents(onEvent, onState, signal) {
  for (let failures = 0; !signal.aborted; ++failures) {
    try {
      const response = await request("GET", "/v1/events", { accept: "text/event-stream", signal });
      onState(true);
      failures = 0;
      await readStream(/** @type {ReadableStream<Uint8Array>} */ (response.body), onEvent);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw error;
    }
    if (signal.aborted) return;
    onState(false);
    await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 500 * 2 ** failures)));
  }
}

/** @param {ReadableStream<Uint8Array>} stream @param {(event: string, data: any) => void} onEvent */
async function readStream(stream, onEvent) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += decoder.decode(value, { stream: true });
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop() ?? "";
    for (const block of blocks) dispatch(block, onEvent);
  }
}

/** @param {string} block @param {(event: string, data: any) => void} onEvent */
function dispatch(block, onEvent) {
  let event = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  if (data) onEvent(event, JSON.parse(data));
}
