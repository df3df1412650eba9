// What this phone stores in IndexedDB: its key (never extractable), the server's certificate for it, the last known
// state of the pass, and the offset of the phone's clock.

import { kidOf, sign } from "./token.js";

const DATABASE = "zone-pass";
const STORE = "wallet";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** The browser does not store keys: a private tab, blocked storage, or an old browser. */
export class CannotStore extends Error {}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

async function within(mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode);
    const finished = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await done(work(transaction.objectStore(STORE)));
    await finished;
    return result;
  } finally {
    database.close();
  }
}

/** Return the stored value, or undefined. */
export const read = (name) => within("readonly", (store) => store.get(name));
export const write = (name, value) => within("readwrite", (store) => store.put(value, name));

/** Return whether storage is available. */
export async function usable() {
  try {
    await read("key");
    return Boolean(crypto.subtle);
  } catch (error) {
    console.warn("storage is closed", error);
    return false;
  }
}

/**
 * Make a key, write it, read it back and sign once with what was read: some browsers accept the write and lose the key.
 * The key becomes this phone's key once the server has accepted it: see `adopt`.
 */
export async function makeKey() {
  try {
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    await write("draft", { privateKey: pair.privateKey, publicKey: pair.publicKey });
    const kept = await read("draft");
    const probe = new TextEncoder().encode("probe");
    const signature = await sign(kept.privateKey, probe);
    const good = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, signature, probe);
    if (!good) throw new Error("the key that was read back does not sign");
    return { ...kept, kid: await kidOf(kept.publicKey) };
  } catch (error) {
    throw new CannotStore("this browser cannot keep a key", { cause: error });
  }
}

/** Store this as the phone's key. */
export async function adopt(key) {
  await write("key", key);
  await within("readwrite", (store) => store.delete("draft"));
}
