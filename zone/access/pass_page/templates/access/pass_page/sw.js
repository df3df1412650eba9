// Serves the pass page offline. Caches the empty page and its files only, and no personal data: answers of /api/ are
// stored by the page itself, and signing out deletes both. A changed file changes VERSION.

const VERSION = {{ version | tojson }};
const PAGE = "/pass";
const PARTS = {{ parts | tojson }};
const PATIENCE_MS = 2500;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  const cache = await caches.open(VERSION);
  await cache.addAll([...PARTS, new Request(PAGE, { cache: "reload" })]);
  await self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("zone-pass-") && name !== VERSION);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event));
  else if (PARTS.includes(url.pathname)) event.respondWith(part(event.request));
});

async function part(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** The server's page when it answers well and soon; else the kept one: a pass must open at the door. */
async function page(event) {
  const kept = await caches.match(PAGE);
  const fresh = fetch(event.request).then((response) => keep(response));
  event.waitUntil(fresh.catch(() => undefined));
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([fresh.catch(() => undefined), late]);
  return answer?.ok ? answer : kept;
}

async function keep(response) {
  if (response.ok && !response.redirected) {
    const cache = await caches.open(VERSION);
    await cache.put(PAGE, response.clone());
  }
  return response;
}
