// Serves the pass page offline. Caches the empty page and its files only, and no personal data: answers of /api/ are
// stored by the page itself, and signing out deletes both.
//
// The page and its files are of one version, whose digest is in the address of every file. While a new version spreads,
// the server's page may be newer than this worker, or older where several machines serve: such a page is shown, and its
// files come from the server, but it is never kept in place of one whose files are kept. A worker whose page and files
// are not all of its version is not installed, and the one before it stays.

const VERSION = {{ version | tojson }};
const FILES = {{ base | tojson }};
const PAGE = "/pass";
const PARTS = {{ parts | tojson }};
const PATIENCE_MS = 2500;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  const cache = await caches.open(VERSION);
  await cache.addAll(PARTS);
  const page = await fetch(new Request(PAGE, { cache: "reload" }));
  if (!(await keep(page))) throw new Error("the server's page is not of this version");
  await self.skipWaiting();
}

/** The version before stays: a page that its worker has just answered with may still load its files. */
async function activate() {
  const others = (await caches.keys()).filter((name) => name.startsWith("zone-pass-") && name !== VERSION);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(part(event.request));
});

/** From any kept version: an address belongs to one of them. */
async function part(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}

/** The server's page when it answers well and soon; else the kept one: a pass must open at the door. */
async function page(event) {
  const kept = await (await caches.open(VERSION)).match(PAGE);
  const fresh = fetch(event.request);
  event.waitUntil(fresh.then((response) => keep(response)).catch((error) => console.info("not kept:", error.message)));
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([fresh.catch(() => undefined), late]);
  return answer?.ok ? answer : kept;
}

/** Keep the page if its files are kept too; return whether it was. */
async function keep(response) {
  if (!response.ok || response.redirected) return false;
  const copy = response.clone();
  if (!(await response.clone().text()).includes(FILES)) return false;
  await (await caches.open(VERSION)).put(PAGE, copy);
  return true;
}
