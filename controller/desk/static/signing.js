// Signing at the desk: set-up key, new keys, approval of documents, the policy. Words come from the page.

import { handoverBytes, hex, keyProofBytes, policyBytes, sha256, shortForm, statementBytes } from "./canonical.js";
import { heldKey, keysHere, makeKey, obstacle, sign } from "./keys.js";
import { showBody } from "./body.js";

const csrf = document.body.dataset.csrf;

class Stop extends Error {}

async function ask(url, options = {}) {
  const response = await fetch(url, { credentials: "same-origin", redirect: "error", ...options }).catch(() => {
    throw new Stop("offline");
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Stop(problem.detail || problem.title || "offline");
}

function post(url, value) {
  return ask(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(value),
  }).then((response) => response.json());
}

/** The notice of a signing panel: says what is going on in the page's own words. */
function notice(panel) {
  const words = JSON.parse(panel.dataset.words);
  const box = panel.querySelector("[data-notice]");
  return (tone, key) => {
    box.hidden = false;
    box.className = `notice notice-${tone}`;
    box.setAttribute("role", tone === "bad" ? "alert" : "status");
    box.querySelector("[data-notice-words]").textContent = words[key] ?? key;
  };
}

function enable(panel, on) {
  for (const button of panel.querySelectorAll("[data-sign]")) button.disabled = !on;
}

async function ready(panel, say) {
  const why = await obstacle();
  if (why) say("bad", why);
  return !why;
}

function guard(panel, say, act) {
  return async (event) => {
    event?.preventDefault();
    enable(panel, false);
    try {
      await act(event);
    } catch (error) {
      say("bad", error instanceof Stop ? error.message : "failed");
      if (!(error instanceof Stop)) console.error(error);
      enable(panel, true);
    }
  };
}

async function proveKey(form, key, challenge) {
  form.elements.public.value = key.public;
  form.elements.signature.value = await sign(key, keyProofBytes(challenge, key.public));
}

/** Set-up: the first administrator's root key, proved over the link's token. A second try uses the same key. */
async function setUp(form) {
  const say = notice(form);
  if (!(await ready(form, say))) return;
  enable(form, true);
  form.addEventListener("submit", guard(form, say, async () => {
    say("blue", "working");
    const key = (await keysHere()).find((one) => one.use === "root") ?? (await makeKey("root"));
    await proveKey(form, key, form.dataset.token);
    form.submit();
  }));
}

/** A new key for somebody who is signed in. */
async function register(form) {
  const say = notice(form);
  if (!(await ready(form, say))) return;
  enable(form, true);
  form.addEventListener("submit", guard(form, say, async () => {
    say("blue", "working");
    const { challenge } = await post(form.dataset.challenge, {});
    await proveKey(form, await makeKey(form.elements.use.value), challenge);
    form.submit();
  }));
}

/** Keys in a list say whether this browser holds them. */
async function markHeld(list) {
  if (await obstacle()) return;
  const held = new Set((await keysHere()).map((key) => key.id));
  for (const place of list.querySelectorAll("[data-key]")) place.hidden = !held.has(place.dataset.key);
}

function same(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** Approval: fetch the very bytes, check them, show them, and only then let the person sign. */
async function approve(panel) {
  const say = notice(panel);
  const check = guard(panel, say, async () => {
    say("blue", "checking");
    const offer = await (await ask(panel.dataset.statement, { headers: { Accept: "application/json" } })).json();
    const body = new Uint8Array(await (await ask(panel.dataset.body)).arrayBuffer());
    const digest = body.length ? await sha256(body) : "";
    const bytes = statementBytes(offer.statement);
    if (digest !== offer.statement.digest || body.length !== offer.statement.size) throw new Stop("digest_differs");
    if (hex(bytes) !== offer.signed_bytes) throw new Stop("statement_differs");
    if (offer.statement.record !== panel.dataset.record) throw new Stop("statement_differs");
    showBody(document.querySelector("[data-body-place]"), body, offer.statement.record);
    for (const place of panel.querySelectorAll("[data-digest]")) place.textContent = shortForm(digest || (await sha256(bytes)));
    for (const place of panel.querySelectorAll("[data-expires]")) {
      place.textContent = new Date(offer.statement.expires * 1000).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai" });
    }
    if (!(await ready(panel, say))) return;
    const key = await heldKey(panel.dataset.keys.split(" "));
    if (!key) throw new Stop(panel.dataset.keys ? "no_key_here" : "no_key");
    say("good", "ready");
    enable(panel, true);
    panel.addEventListener("submit", guard(panel, say, async () => {
      say("blue", "working");
      const signature = await sign(key, bytes);
      const done = await post(panel.action, { ...offer.scope, key_id: key.id, signature });
      location.assign(done.next);
    }));
  });
  await check();
  if (panel.querySelector("[data-notice]").classList.contains("notice-bad")) enable(panel, false);
}

/** The policy: the same, with the root key. */
async function signPolicy(panel) {
  const say = notice(panel);
  if (!(await ready(panel, say))) return;
  const check = guard(panel, say, async () => {
    const offer = await (await ask(panel.dataset.policy, { headers: { Accept: "application/json" } })).json();
    const bytes = offer.handover ? handoverBytes(offer.handover) : policyBytes(offer.policy);
    if (hex(bytes) !== offer.signed_bytes) throw new Stop("policy_differs");
    const digest = offer.handover ?? (await sha256(bytes));
    for (const place of panel.querySelectorAll("[data-digest]")) place.textContent = shortForm(digest);
    if (offer.policy) showPolicy(panel.querySelector("[data-policy-place]"), offer.policy);
    const key = await heldKey(offer.root_keys);
    if (!key) throw new Stop("no_root_here");
    say("good", "ready");
    enable(panel, true);
    panel.addEventListener("submit", guard(panel, say, async () => {
      say("blue", "working");
      const signature = await sign(key, bytes);
      const done = await post(panel.action, { key_id: key.id, signature });
      location.assign(done.next);
    }));
  });
  await check();
  if (panel.querySelector("[data-notice]").classList.contains("notice-bad")) enable(panel, false);
}

/** Who may approve by this policy, read from the policy that is about to be signed. */
function showPolicy(place, policy) {
  const row = place.querySelector("template");
  for (const key of policy.keys) {
    const line = row.content.cloneNode(true);
    line.querySelector("[data-name]").textContent =
      key.holder === "controller" ? place.dataset.log : key.name || key.holder;
    line.querySelector("[data-public]").textContent = `${key.public.slice(0, 16)}…`;
    place.append(line);
  }
}

const acts = { setup: setUp, register, held: markHeld, approve, policy: signPolicy };
for (const panel of document.querySelectorAll("[data-signing]")) acts[panel.dataset.signing](panel);
