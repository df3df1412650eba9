// Which of its states the pass page shows: one pure function, so that every state can be tested without a server.

export const SOON_SECONDS = 14 * 24 * 3600;
export const CLOCK_SLACK_SECONDS = 60;

/**
 * @param known.storable  whether the browser keeps keys
 * @param known.pass      the last answer of /api/v1/me/pass, or undefined
 * @param known.key       this phone's enrolled key, or undefined
 * @param known.now       corrected time, UTC seconds
 * @param known.lastSeen  the latest corrected time this phone has seen, or undefined
 * @param known.online    whether the server answered just now
 */
export function stateOf({ storable, pass, key, now, lastSeen, online }) {
  if (!storable) return "no_storage";
  if (!pass) return "connect_once";
  if (!online && lastSeen !== undefined && now < lastSeen - CLOCK_SLACK_SECONDS) return "clock_wrong";
  return validity(pass, now) ?? keyState(pass, key) ?? (expiresSoon(pass, now) ? "expires_soon" : "valid");
}

/** The end of a day by the phone's own clock: doors know Helsinki's. */
function midnightAfter(day) {
  if (!day) return undefined;
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + 1).getTime() / 1000;
}

const seconds = (iso) => (iso ? Date.parse(iso) / 1000 : undefined);

function validity(pass, now) {
  if (pass.state === "no_pass" || pass.state === "suspended") return pass.state;
  // A phone without a network knows when the pause that it has heard of ends; doors decide anyway.
  if (pass.state === "paused" && !(midnightAfter(pass.paused_until) <= now)) return "paused";
  if (pass.state === "expired" || seconds(pass.valid_until) <= now) return "expired";
  if (seconds(pass.valid_from) > now) return "not_yet";
  return undefined;
}

function keyState(pass, key) {
  if (!key) return "no_key";
  return pass.devices.some((device) => device.kid === key.kid) ? undefined : "moved";
}

function expiresSoon(pass, now) {
  return seconds(pass.valid_until) - now < SOON_SECONDS;
}

/** Return whether doors may not know the key yet: then the code carries its certificate. */
export function carriesCertificate(key, now) {
  return now < key.showLongUntil;
}
