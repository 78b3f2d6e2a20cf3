// Keeps the application's own files, so that a reload works while the server is away. Documents are
// kept by IndexedDB; nothing of the API is ever cached here.

const cacheName = "runnel-shell-2";
const isAsset = (url) => url.origin === self.location.origin && url.pathname.startsWith("/assets/");
const isPage = (url) => url.origin === self.location.origin && (url.pathname === "/" || url.pathname === "/index.html");

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.add("/")).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const forgetOthers = caches.keys().then((names) => Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))));
  event.waitUntil(forgetOthers.then(() => self.clients.claim()));
});

// What a page loaded before this worker stood between it and the server.
self.addEventListener("message", (event) => {
  const urls = (event.data?.keep ?? []).map((name) => new URL(name)).filter(isAsset);
  event.waitUntil(Promise.allSettled(urls.map((url) => asset(new Request(url)))));
});

/** Assets have their hash in their name: what is cached is right for ever. */
async function asset(request) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** A new version of the page names other assets; those of the old one are let go. */
async function keepPage(cache, response) {
  const [before, now] = await Promise.all([cache.match("/").then((old) => old?.text()), response.clone().text()]);
  await cache.put("/", response);
  if (before === undefined || before === now) return;
  const requests = await cache.keys();
  await Promise.all(requests.filter(({ url }) => isAsset(new URL(url))).map((request) => cache.delete(request)));
}

/** The page itself is asked for anew, and taken from the cache when nobody answers. */
async function page(request) {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(request);
    if (response.ok) await keepPage(cache, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match("/");
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (isAsset(url)) event.respondWith(asset(event.request));
  else if (isPage(url)) event.respondWith(page(event.request));
});
