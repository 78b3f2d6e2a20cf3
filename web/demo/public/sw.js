// Keeps the application's own files, so that a reload works while the server is away. Documents are
// kept by IndexedDB; nothing of the API is ever cached here.

const cacheName = "runnel-shell-1";
const ours = (url) => url.pathname === "/" || url.pathname === "/index.html" || url.pathname.startsWith("/assets/");

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.add("/")).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

/** Assets have their hash in their name: what is cached is right for ever. */
async function asset(request) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** The page itself is asked for anew, and taken from the cache when nobody answers. */
async function page(request) {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put("/", response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match("/");
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !ours(url)) return;
  event.respondWith(url.pathname.startsWith("/assets/") ? asset(event.request) : page(event.request));
});
