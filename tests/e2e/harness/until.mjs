// Waiting: always for an event, always with a deadline, never by sleeping.

export const DEADLINE_MS = Number(process.env.RUNNEL_DEADLINE_MS ?? 20_000);

/** The promise, or an error that says what did not come. */
export function withDeadline(promise, limitMs, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what()}`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Settles once `condition()` holds; looks again whenever one of `sources` changes. A source is a
 * function that subscribes a listener and returns how to unsubscribe it.
 */
export function until(condition, sources, what, limitMs = DEADLINE_MS) {
  let stop = () => undefined;
  const holds = new Promise((resolve) => {
    const check = () => {
      if (condition()) resolve();
    };
    const ends = sources.map((subscribe) => subscribe(check));
    stop = () => ends.forEach((end) => end());
    check();
  });
  return withDeadline(holds, limitMs, typeof what === "function" ? what : () => what).finally(stop);
}

/** For what announces nothing, such as an HTTP answer: asked again and again until `condition()` holds. */
export async function polled(condition, what, limitMs = DEADLINE_MS) {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms for ${typeof what === "function" ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const docChanges = (doc) => (listener) => {
  doc.on("update", listener);
  return () => doc.off("update", listener);
};

export const awarenessChanges = (awareness) => (listener) => {
  awareness.on("update", listener);
  return () => awareness.off("update", listener);
};

export const providerEvents = (provider) => (listener) => {
  const names = ["status", "sync", "synced", "connection-close", "closed"];
  for (const name of names) provider.on(name, listener);
  return () => names.forEach((name) => provider.off(name, listener));
};
