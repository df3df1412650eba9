// The requests of the pass page to the server. Being offline is normal here, and no error for the person.

import { learn } from "./clock.js";

/** The server refused; `detail` is a sentence for the person. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `status ${status}`);
    this.status = status;
    this.code = problem.code;
  }
}

async function ask(path, options = {}) {
  const sent = Date.now();
  const response = await fetch(path, { headers: { Accept: "application/json", ...options.headers }, ...options });
  if (response.status === 204) return undefined;
  const body = await response.json();
  if (!response.ok) throw new Refused(response.status, body);
  if (body.server_time !== undefined) await learn(body.server_time, sent, Date.now());
  return body;
}

export const fetchPass = () => ask("/api/v1/me/pass", { cache: "no-store" });

/** Enrol a key. The server names the phone, as it names signed-in browsers. */
export function enrol(pointHex) {
  return ask("/api/v1/me/devices", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ public_key: pointHex }),
  });
}

export const takeOff = (kid) => ask(`/api/v1/me/devices/${kid}`, { method: "DELETE" });
