// Ed25519 keys made in this browser. The private half cannot be taken out, not even by this page;
// it rests in IndexedDB and is lost with the browser's data. Then a new key is made and the old one withdrawn.

import { hex, keyId } from "./canonical.js";

const DATABASE = "zone-desk";
const STORE = "keys";

/** "" if this browser can sign, else why not: "insecure" (no HTTPS) or "old" (no Ed25519). */
export async function obstacle() {
  if (!window.isSecureContext) return "insecure";
  if (!window.crypto?.subtle || !window.indexedDB) return "old";
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return "";
  } catch {
    return "old";
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore(mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Make a key and keep it here. */
export async function makeKey(use) {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const publicHex = hex(await crypto.subtle.exportKey("raw", pair.publicKey));
  const kept = { id: await keyId(publicHex), public: publicHex, use, privateKey: pair.privateKey };
  await inStore("readwrite", (store) => store.put(kept));
  navigator.storage?.persist?.();
  return kept;
}

/** All keys of this browser. */
export function keysHere() {
  return inStore("readonly", (store) => store.getAll());
}

/** The first of these ids that this browser holds, or undefined. */
export async function heldKey(ids) {
  return (await keysHere()).find((key) => ids.includes(key.id));
}

/** Sign bytes; returns hex. */
export async function sign(key, bytes) {
  return hex(await crypto.subtle.sign({ name: "Ed25519" }, key.privateKey, bytes));
}
