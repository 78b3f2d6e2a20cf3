/** The application's own files stay in the browser, so that a reload works while the server is away. */

/** Registers the worker and tells it what this page has loaded before the worker was there. */
export async function keepForOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/sw.js");
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    active?.postMessage({ keep: loaded });
  } catch {
    // A browser that wants no worker reloads only while the server is there.
  }
}
