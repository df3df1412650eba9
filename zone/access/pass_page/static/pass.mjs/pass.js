// The pass in the phone. Draws a new code every 10 seconds with or without a network; asks the server when it can.

import * as clock from "./clock.js";
import { Refused, enrol, fetchPass, takeOff } from "./server.js";
import { carriesCertificate, CLOCK_SLACK_SECONDS, stateOf } from "./state.js";
import { fromHex, longCode, pointOf, shortCode, toHex } from "./token.js";
import * as view from "./view.js";
import { CannotStore, adopt, makeKey, read, usable, write } from "./wallet.js";

const PERIOD_SECONDS = 10;
const REFRESH_MS = 60_000;
const CODE_STATES = new Set(["valid", "expires_soon"]);

const phone = { storable: false, pass: undefined, key: undefined, lastSeen: undefined, online: false, signedIn: true };
let state = "loading";
let drawnPeriod;
let lock;

async function load() {
  phone.storable = await usable();
  if (!phone.storable) return;
  await clock.load();
  phone.pass = await read("pass");
  phone.key = await read("key");
  phone.lastSeen = await clock.lastSeen();
}

/** Fetch the present state of the pass; without an answer the last known one stays. */
async function refresh() {
  const fresh = await fetchPass().catch(noAnswer);
  phone.online = fresh !== undefined;
  if (fresh) {
    phone.pass = fresh;
    phone.signedIn = true;
    if (phone.storable) await write("pass", fresh);
  }
  await show();
}

function noAnswer(error) {
  phone.signedIn = !(error instanceof Refused && error.status === 401);
  console.info("no answer from the server:", error.message);
}

async function show() {
  const now = clock.now();
  state = stateOf({ ...phone, now });
  view.showState(state);
  view.flag("offline", !phone.online && phone.signedIn);
  view.flag("signed_out", !phone.signedIn);
  view.letChooseLanguage(phone.online);
  view.flag("clock_corrected", phone.online && Math.abs(clock.correction()) > CLOCK_SLACK_SECONDS);
  if (phone.pass) view.showPass(phone.pass, phone.online);
  view.showDevices(phone.online ? phone.pass.devices : [], phone.key?.kid, removeDevice);
  await Promise.all([tick(), keepAwake()]);
}

async function tick() {
  if (!CODE_STATES.has(state)) return;
  const now = clock.now();
  const period = Math.floor(now / PERIOD_SECONDS);
  if (period !== drawnPeriod) {
    drawnPeriod = period;
    await draw(Math.floor(now));
  }
  view.showTime(now, PERIOD_SECONDS - (Math.floor(now) % PERIOD_SECONDS), PERIOD_SECONDS);
}

async function draw(ts) {
  try {
    view.showCode(await codeAt(ts));
    await clock.remember();
  } catch (error) {
    console.warn("the kept key does not sign", error);
    phone.key = undefined;
    await show();
  }
}

function codeAt(ts) {
  const { privateKey, kid, certificate } = phone.key;
  return carriesCertificate(phone.key, ts)
    ? longCode(privateKey, fromHex(certificate), ts)
    : shortCode(privateKey, fromHex(kid), ts);
}

/** Enrol this phone: make a key, check that the browser stores it, and send it to the server. */
async function putOnThisPhone(button) {
  button.disabled = true;
  view.say("");
  try {
    const key = await makeKey();
    const answer = await enrol(toHex(await pointOf(key.publicKey)));
    phone.key = {
      privateKey: key.privateKey,
      kid: answer.kid,
      certificate: answer.certificate,
      showLongUntil: answer.show_long_until,
    };
    await adopt(phone.key);
    drawnPeriod = undefined;
    phone.pass.devices.push({ kid: answer.kid }); // as the next answer of the server will
    await refresh();
    scrollTo(0, 0); // the button stood lower than the code does
  } catch (error) {
    await explain(error);
  } finally {
    button.disabled = false;
  }
}

async function removeDevice(kid) {
  view.say("");
  try {
    await takeOff(kid);
    await refresh();
  } catch (error) {
    await explain(error);
  }
}

async function explain(error) {
  if (error instanceof CannotStore) {
    console.warn(error.message, error.cause);
    phone.storable = false;
    await show();
  } else {
    view.say(error instanceof Refused ? error.message : document.getElementById("problem").dataset.offline);
  }
}

/** Keep the screen on while a code is shown, where the phone supports it and has enough battery. */
async function keepAwake() {
  if (!navigator.wakeLock || document.visibilityState !== "visible") return;
  if (!CODE_STATES.has(state)) {
    await lock?.release();
    lock = undefined;
  } else if (!lock || lock.released) {
    lock = await navigator.wakeLock.request("screen").catch((error) => console.info("no wake lock:", error.message));
  }
}

async function installOffline() {
  const worker = navigator.serviceWorker;
  if (!worker) return;
  try {
    await worker.register("/pass/sw.js", { scope: "/" });
    // A phone from before has a worker for this page alone, which would go on answering for it.
    const before = await worker.getRegistration("/pass");
    if (new URL(before.scope).pathname === "/pass") await before.unregister();
  } catch (error) {
    console.warn(error);
  }
}

function listen() {
  for (const button of document.querySelectorAll("[data-enrol]")) {
    button.addEventListener("click", () => putOnThisPhone(button));
  }
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
  addEventListener("online", refresh);
  addEventListener("offline", refresh);
  setInterval(tick, 250);
  setInterval(refresh, REFRESH_MS);
}

await load();
await show();
listen();
await refresh();
await installOffline();
