// Serves the pass offline, and the timetable and one's bookings as last seen, and shows notifications. Answers of /api/
// are stored by the pass itself; signing out deletes everything, the subscription to notifications too.
//
// A page and its files are of one version, whose digest is in the address of every file. While a new version spreads,
// the server's page may be newer than this worker, or older where several machines serve: such a page is shown, and its
// files come from the server, but it is never kept in place of one whose files are kept. A worker whose page and files
// are not all of its version is not installed, and the one before it stays.

const VERSION = {{ version | tojson }};
const SEEN = {{ seen | tojson }};
const FILES = {{ base | tojson }};
const PAGE = "/pass";
const OFFLINE = "/offline";
const PUSH = "/api/v1/me/push";
const AS_LAST_SEEN = ["/classes", "/bookings"];
const PARTS = {{ parts | tojson }};
const PATIENCE_MS = 2500;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  const cache = await caches.open(VERSION);
  await cache.addAll(PARTS);
  for (const path of [PAGE, OFFLINE]) {
    const page = await fetch(new Request(path, { cache: "reload" }));
    if (!(await keep(VERSION, path, page))) throw new Error("the server's page is not of this version");
  }
  await self.skipWaiting();
}

/** The version before stays: a page that its worker has just answered with may still load its files. */
async function activate() {
  const others = (await caches.keys()).filter((name) => name.startsWith("zone-pass-") && name !== VERSION);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await forgetSeen(SEEN);
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(open(event, url));
  else if (event.request.method === "GET" && url.pathname.startsWith("/static/")) event.respondWith(part(event.request));
});

/** From any kept version: an address belongs to one of them. */
async function part(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}

function open(event, url) {
  if (event.request.method === "GET" && url.pathname === PAGE) return freshOrKept(event, VERSION, PAGE);
  if (event.request.method === "GET" && AS_LAST_SEEN.includes(url.pathname) && !url.search) {
    return freshOrKept(event, SEEN, url.pathname);
  }
  // Who signs in may be somebody else: nothing of before is left when the page comes.
  const ready = url.pathname.includes("/sign-") ? forgetSeen() : Promise.resolve();
  const shown = ready.then(() => fetch(event.request));
  event.waitUntil(shown.then(followLanguage).catch((error) => console.info("not followed:", error.message)));
  return shown.catch(offline);
}

let languageChanges = 0;

/** Keep the page for no connection in the language of the page that is shown last. */
async function followLanguage(shown) {
  const language = shown.headers.get("Content-Language");
  // Not by caches.open, which makes one: who has just signed out leaves nothing behind.
  const kept = await caches.match(OFFLINE, { cacheName: VERSION });
  if (!kept || !language || kept.headers.get("Content-Language") === language) return;
  if (shown.headers.has("Clear-Site-Data")) return;
  const change = ++languageChanges;
  const page = await fetch(`${OFFLINE}?lang=${language}`);
  // On a slow network the page of an earlier choice may come after that of a later one.
  if (change === languageChanges) await keep(VERSION, OFFLINE, page);
}

/** The server's page when it answers well and soon; else the kept one: a pass must open at the door. */
async function freshOrKept(event, cache, path) {
  const kept = await (await caches.open(cache)).match(path);
  const fresh = fetch(event.request);
  event.waitUntil(fresh.then((answer) => Promise.all([keep(cache, path, answer), followLanguage(answer)])).catch((error) => console.info("not kept:", error.message)));
  if (!kept) return fresh.catch(offline);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await Promise.race([fresh.catch(() => undefined), late]);
  // A pass is shown without a session too; what was seen last is not.
  if (answer && (answer.ok || (cache === SEEN && answer.status < 500))) return answer;
  return cache === SEEN ? marked(kept) : kept;
}

async function offline() {
  return (await (await caches.open(VERSION)).match(OFFLINE)) ?? Response.error();
}

/** Keep the page if its files are kept too; return whether it was. */
async function keep(cache, path, response) {
  if (!response.ok || response.redirected) return false;
  const copy = response.clone();
  if (!(await response.clone().text()).includes(FILES)) return false;
  await (await caches.open(cache)).put(path, copy);
  return true;
}

/** The page with its sentence that says from when it is. */
async function marked(kept) {
  const text = (await kept.text()).replace('id="last-seen" hidden', 'id="last-seen"');
  return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": kept.headers.get("Content-Security-Policy") } });
}

async function forgetSeen(but) {
  const names = (await caches.keys()).filter((name) => name.startsWith("zone-seen-") && name !== but);
  await Promise.all(names.map((name) => caches.delete(name)));
}

// What the server sealed for this browser: `payload_of` in zone/members/push/rules.py.
self.addEventListener("push", (event) => {
  const { title, body, path, tag, lang } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, lang, icon: "/pass/icon-192.png", data: path }));
});

// The browser dropped its subscription, or gave it another address: without the new one no notification comes any more.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAgain()));

/** Subscribe as zone/members/push/static/notifications.js does, and tell the server; whoever is signed out stays off. */
async function subscribeAgain() {
  const { pushManager } = self.registration;
  const answer = await fetch(PUSH, { cache: "no-store", headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { server_key } = await answer.json();
  // For another key of the service the browser refuses a second subscription beside the first.
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: server_key });
  const { endpoint, keys } = made.toJSON();
  const told = { endpoint, p256dh: keys.p256dh, auth: keys.auth, server_key };
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  await fetch(PUSH, { method: "POST", headers, body: JSON.stringify(told) });
}

// A tap opens a page, whose buttons act; it changes nothing itself.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(new URL(event.notification.data, location.origin)));
});

async function openPage(url) {
  if (url.origin !== location.origin) return;
  const opened = await self.clients.matchAll({ type: "window" });
  const same = opened.find((window) => window.url === url.href);
  await (same ? same.focus() : self.clients.openWindow(url.href));
}
