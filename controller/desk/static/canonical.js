// The bytes that keys sign, rebuilt here from the fields, so that a person signs what this page shows
// and not what a server claims. The forms are those of content/canonical.py, feed/statement.py, feed/policy.py.

export const STATEMENT_DOMAIN = "zone/statement/1\n";
export const POLICY_DOMAIN = "zone/policy/1\n";
export const KEY_PROOF_DOMAIN = "zone/key-proof/1\n";

/** JSON with sorted keys and no spaces; whole numbers only. */
export function canonical(value) {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new TypeError("whole numbers only");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new TypeError("not canonical");
  const fields = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${fields.join(",")}}`;
}

const utf8 = new TextEncoder();

/** Exactly the bytes that an approver's key signs. */
export function statementBytes(said) {
  return utf8.encode(STATEMENT_DOMAIN + canonical({
    a: said.action, d: said.drafter, f: said.feed, h: said.digest, n: said.size,
    r: said.record, t: said.approved_on, v: said.version, x: said.expires,
  }));
}

/** Exactly the bytes that a root key signs. */
export function policyBytes(policy) {
  return utf8.encode(POLICY_DOMAIN + canonical(policy));
}

/** Exactly the bytes by which this browser's root key hands over to the holders' root. */
export function handoverBytes(digest) {
  return utf8.encode(`zone/handover/1\n${digest}`);
}

/** Exactly the bytes by which a new key proves that it is held. */
export function keyProofBytes(challenge, publicHex) {
  return utf8.encode(`${KEY_PROOF_DOMAIN}${challenge}\n${publicHex}`);
}

export function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export async function sha256(bytes) {
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

/** The 16 hex digits that name a public key. */
export async function keyId(publicHex) {
  return (await sha256(unhex(publicHex))).slice(0, 16);
}

/** A digest's short form, in groups for reading aloud. */
export function shortForm(digest) {
  return (digest.slice(0, 16).match(/.{4}/g) ?? []).join(" ");
}
