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

/** The forms of zone/core/formats.py; a browser's own for Swedish and English differ from them. */
export function formats(locale) {
  const english = locale.startsWith("en");
  const intl = new Intl.DateTimeFormat(locale, {
    timeZone: ZONE, weekday: "short", day: "numeric", month: english ? "short" : "numeric", year: "numeric",
    hour: "numeric", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const make = (show) => ({
    format: (when) => show(Object.fromEntries(intl.formatToParts(when).map(({ type, value }) => [type, value]))),
  });
  const end = locale.startsWith("fi") ? "." : "";
  return {
    clock: make(({ hour, minute, second }) => `${hour.padStart(2, "0")}.${minute}.${second}`),
    time: make(({ hour, minute }) => `${Number(hour)}.${minute}`),
    day: make(({ weekday, day, month }) => `${weekday} ${english ? `${day} ${month}` : `${day}.${month}${end}`}`),
    date: make(({ day, month, year }) => (english ? `${day} ${month} ${year}` : `${day}.${month}.${year}`)),
  };
}
