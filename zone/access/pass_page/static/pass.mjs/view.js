// The page has one element for each state, with its text in the reader's language; this module shows the right one.

import { formats, now } from "./clock.js";
import { drawCode } from "./draw.js";

const app = document.getElementById("main");
const form = formats(app.dataset.locale);
const language = document.documentElement.lang;
const every = (name) => app.querySelectorAll(`[data-fill="${name}"]`);

/** Set the text of the elements for a value; `data-text` is the sentence around `{}`. */
export function fill(name, value) {
  for (const element of every(name)) {
    const text = (element.dataset.text ?? "{}").replace("{}", value ?? "");
    if (element.textContent !== text) element.textContent = text;
    element.hidden = value === undefined || value === null || value === "";
  }
}

export function showState(state) {
  app.dataset.state = state;
  for (const element of app.querySelectorAll("[data-show]")) {
    element.hidden = !element.dataset.show.split(" ").includes(state);
  }
}

export function flag(name, on) {
  for (const element of app.querySelectorAll(`[data-flag="${name}"]`)) element.hidden = !on;
}

/** Without a network the server cannot store the choice, and a press would lead away from the pass. */
export function letChooseLanguage(online) {
  for (const button of document.querySelectorAll(".langs button")) button.disabled = !online;
}

export function say(sentence) {
  document.getElementById("problem").textContent = sentence;
  flag("problem", Boolean(sentence));
}

const written = (format, iso, shift = 0) => (iso ? format.format(new Date(Date.parse(iso) + shift)) : undefined);

export function showPass(pass, online) {
  fill("name", pass.name);
  fill("initials", pass.initials);
  fill("product", pass.product?.[language]);
  fill("until", written(form.date, pass.valid_until, -1)); // the end is the midnight after the last day
  flag("visits", Boolean(pass.visits)); // a pass stored before there were any has none
  fill("visits", pass.visits ? `${pass.visits_left}/${pass.visits}` : undefined);
  fill("from", written(form.date, pass.valid_from));
  fill("campuses", pass.campuses.map((campus) => campus.name).join(", ") || app.dataset.everywhere);
  const gives = pass.gives ?? []; // a pass stored before there was any says none
  flag("gives", gives.length > 0);
  fill("gives", gives.map((line) => line[language]).join(" · "));
  showBooking(pass.next_booking, online);
}

function showBooking(booking, online) {
  flag("booking", Boolean(booking));
  if (!booking) return;
  fill("booking_day", dayOf(booking.starts_at));
  fill("booking_time", written(form.time, booking.starts_at));
  fill("booking_name", booking.name[language]);
  fill("booking_place", [booking.campus, booking.space].filter(Boolean).join(", "));
  fill("door_notice", online ? booking.door_notice : null); // what was true when it was stored may be over
}

function dayOf(iso) {
  const [day, today] = [new Date(iso), new Date(1000 * now())].map((when) => form.day.format(when));
  return day === today ? app.dataset.today : day;
}

/** Show the phones that hold the pass; all but this one can be removed. */
export function showDevices(devices, ownKid, remove) {
  flag("devices", devices.length > 0);
  document.getElementById("device-list").replaceChildren(
    ...devices.map((device) => deviceRow(device, device.kid === ownKid, remove)),
  );
}

function deviceRow(device, own, remove) {
  const row = document.getElementById("device").content.cloneNode(true);
  const part = (name) => row.querySelector(`[data-part="${name}"]`);
  part("label").textContent = device.label;
  part("own").hidden = !own;
  part("remove").hidden = own;
  part("remove").querySelector(".vh").textContent = ` ${device.label}`;
  part("remove").addEventListener("click", () => remove(device.kid));
  return row;
}

export const showCode = (text) => drawCode(document.getElementById("code"), text);

export function showTime(seconds, left, whole) {
  fill("clock", form.clock.format(new Date(seconds * 1000)));
  fill("left", String(left));
  document.getElementById("ring").setAttribute("stroke-dashoffset", String(100 - (100 * left) / whole));
}
