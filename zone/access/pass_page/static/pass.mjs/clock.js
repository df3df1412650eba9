// The server's time. The phone's clock may be wrong: its offset is stored at each answer of the server.

import { read, write } from "./wallet.js";

/** The time zone of everything that is shown. */
const ZONE = "Europe/Helsinki";

let offset = 0;

export async function load() {
  offset = (await read("offset")) ?? 0;
}

/** Store the clock's offset, from the phone times (ms) of a request and its answer. */
export async function learn(serverSeconds, sentMs, receivedMs) {
  offset = serverSeconds - (sentMs + receivedMs) / 2000;
  await write("offset", offset);
}

/** Return the corrected time in UTC seconds, with fractions. */
export const now = () => Date.now() / 1000 + offset;
export const correction = () => offset;

/** Store the latest time seen, so that a clock that was set back is noticed offline. */
export const remember = () => write("lastSeen", now());
export const lastSeen = () => read("lastSeen");

export function formats(locale) {
  const make = (options) => new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
  return {
    clock: make({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
    time: make({ hour: "numeric", minute: "2-digit", hourCycle: "h23" }),
    day: make({ weekday: "short", day: "numeric", month: "short" }),
    date: make({ day: "numeric", month: "short", year: "numeric" }),
  };
}
