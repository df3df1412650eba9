// Time as the server has it. The phone's own clock may be wrong; how far is stored at each online visit.

import { read, write } from "./wallet.js";

/** Where Finland's clocks are, for everything that is shown. */
const ZONE = "Europe/Helsinki";

let offset = 0;

export async function load() {
  offset = (await read("offset")) ?? 0;
}

/** Learn the offset from an answer that left and arrived at these phone times (ms). */
export async function learn(serverSeconds, sentMs, receivedMs) {
  offset = serverSeconds - (sentMs + receivedMs) / 2000;
  await write("offset", offset);
}

/** Corrected time in UTC seconds, with fractions. */
export const now = () => Date.now() / 1000 + offset;
export const correction = () => offset;

/** Remember that this moment was reached, so that a clock set back is noticed without a network. */
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
