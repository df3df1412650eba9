/* Turns notifications on and off in this browser. The server sends them, and the service worker shows them. What is on is
   written in the page, so that the list and turning off need no script. */
const section = document.getElementById("push");
const PATH = "/api/v1/me/push";
const WORKER = "/pass/sw.js";

/** What this browser can do: on, off, blocked, home_screen or unsupported. */
function stateOf() {
  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!able) return isApplePhone() ? "home_screen" : "unsupported";
  if (Notification.permission === "denied") return "blocked";
  // Whoever takes the permission back in their browser is asked for it again.
  return section.dataset.on && Notification.permission === "granted" ? "on" : "off";
}

/** Safari there has no notifications but in an app of the home screen. An iPad calls itself a Mac, with a touch screen. */
function isApplePhone() {
  return /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
}

function show() {
  const state = stateOf();
  for (const part of section.querySelectorAll("[data-push]")) part.hidden = part.dataset.push !== state;
}

async function ask(options = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  const response = await fetch(PATH, { cache: "no-store", headers, ...options });
  const body = await response.json();
  if (!response.ok) throw new Refused(body.detail ?? `status ${response.status}`);
  return body;
}

/** The server's own sentence. */
class Refused extends Error {}

async function turnOn() {
  // First of all: some browsers ask only straight after a tap.
  if ((await Notification.requestPermission()) !== "granted") return show();
  await subscribe();
  location.assign("/me#notifications");
  location.reload();
}

async function subscribe() {
  const { server_key } = await ask();
  await navigator.serviceWorker.register(WORKER, { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const before = await pushManager.getSubscription();
  if (before && keyOf(before) !== server_key) await before.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: server_key });
  const { endpoint, keys } = made.toJSON();
  await ask({ method: "POST", body: JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth, server_key }) });
}

/** The key that a subscription was made for, as the server writes it. */
function keyOf(subscription) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey ?? []);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** A browser may drop its subscription or get another address, and the service another key. */
async function renew() {
  const { server_key } = await ask();
  const registration = await navigator.serviceWorker.getRegistration("/");
  const kept = await registration?.pushManager.getSubscription();
  if (!kept || kept.endpoint !== section.dataset.on || keyOf(kept) !== server_key) await subscribe();
}

async function forget() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

function explain(error) {
  const problem = document.getElementById("push-problem");
  console.warn(error);
  problem.textContent = error instanceof Refused ? error.message : problem.dataset.offline;
  problem.hidden = false;
}

function listen() {
  const button = document.getElementById("push-on");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await turnOn().catch(explain);
    button.disabled = false;
  });
  section.querySelector("form[data-current]")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await forget().catch(console.warn); // the server ends it all the same
    event.target.submit();
  });
}

show();
listen();
if (stateOf() === "on") await renew().catch(console.info);
