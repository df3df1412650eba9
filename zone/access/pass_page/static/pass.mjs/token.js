// The text of a code, byte for byte as firmware_bridge/wire/token.py reads it. Integers are big-endian.
//   S   0x02 | kid[8] | u32 ts | u8 flags | r‖s[64]
//   L   cert[111] | u32 ts | u8 flags | r‖s[64]

import { encode } from "./base45.js";

const S_TYPE = 0x02;
const ascii = (text) => new TextEncoder().encode(text);

export function join(...parts) {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function fromHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Return the uncompressed point of a public key, 65 bytes. */
export async function pointOf(publicKey) {
  return new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
}

/** Return the first 8 bytes of SHA-256 over the point, by which doors identify the key. */
export async function kidOf(publicKey) {
  return (await sha256(await pointOf(publicKey))).slice(0, 8);
}

export async function sign(privateKey, message) {
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, message));
}

function momentOf(ts, flags) {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, ts);
  bytes[4] = flags;
  return bytes;
}

/** Return the bytes of S before its signature. */
export function shortHead(kid, ts, flags = 0) {
  return join([S_TYPE], kid, momentOf(ts, flags));
}

export const shortMessage = (head) => join(ascii("zone-pop-s1"), head);
export const textOf = (bytes) => "Z1" + encode(bytes);

/** Return the bytes that the phone signs in L. */
export async function longMessage(cert, ts, flags = 0) {
  return join(ascii("zone-pop-l1"), await sha256(cert), momentOf(ts, flags));
}

/** Return the short code (S) at `ts` (UTC seconds). */
export async function shortCode(privateKey, kid, ts, flags = 0) {
  const head = shortHead(kid, ts, flags);
  return textOf(join(head, await sign(privateKey, shortMessage(head))));
}

/** Return the long code (L), which carries the certificate, for doors that do not know the key yet. */
export async function longCode(privateKey, cert, ts, flags = 0) {
  const signature = await sign(privateKey, await longMessage(cert, ts, flags));
  return textOf(join(cert, momentOf(ts, flags), signature));
}
