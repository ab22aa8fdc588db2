// Accounts and keys: the sign-ins of Claude Code and the saved keys. Needs the control token.

import { describeSavedKey } from "./key_result.js";
import { setText, showResult } from "./text.js";
import { callBridge, token, watchSession } from "./token.js";

const OWNERS = {
  anthropic: "Anthropic API key", bridge: "Access key of this bridge", cloud: "Cloud key",
  embeddings: "Key of the embedding service",
};
const byId = id => document.getElementById(id);
let keys = [];

function create(name, className, ...content) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...content);
  return element;
}

function buildButton(text, label, action, className = "") {
  const button = create("button", className, text);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.onclick = action;
  return button;
}

function showAccountResult(look, text) {
  showResult(byId("account-result"), look, text);
}

// --- sign-ins

function buildSignIn({ name, active, state, words, locked }, isOnly) {
  const title = create("span", "", isOnly ? "Claude Code" : `Claude Code (${name})`, ": ", create("strong", "", words));
  if (active && !isOnly) title.append(" in use");
  if (locked) title.append(create("span", "soft", ` ${locked}`));
  const buttons = create("span", "buttons");
  if (!active) buttons.append(buildButton("Use", `Use the sign-in ${name}`, () => useSignIn(name)));
  if (active && state !== "signed_in") buttons.append(buildSetUpLink());
  if (state === "signed_in") {
    const button = buildButton("Sign out", `Sign out of Claude Code (${name})`, () => signOutOfClaude(name), "danger");
    button.disabled = Boolean(locked);
    button.title = locked || "";
    buttons.append(button);
  }
  return create("li", "", title, buttons);
}

function buildSetUpLink() {
  const link = create("a", "button", "Sign in…");
  // In the same tab, which has the session.
  link.href = "/setup";
  return link;
}

async function useSignIn(sign_in) {
  await run(() => callBridge("/control/switches", { sign_in }), `Requests use the sign-in ${sign_in}.`);
  await showSignIns();
}

async function signOutOfClaude(sign_in) {
  const question = "Sign out of Claude Code? This also signs out `claude` in your terminal, and running"
    + " sessions there have to sign in again.";
  if (!confirm(question.replaceAll("`", ""))) return;
  showAccountResult("busy", "Signing out…");
  await run(() => callBridge("/control/logout", { sign_in }), "Signed out of Claude Code.");
  await showSignIns();
}

async function showSignIns() {
  try {
    const { sign_ins: signIns } = await callBridge("/control/sign-ins");
    byId("sign-in-list").replaceChildren(...signIns.map(signIn => buildSignIn(signIn, signIns.length === 1)));
  } catch (error) {
    byId("sign-in-list").replaceChildren(create("li", "bad", error.message));
  }
}

// --- keys

function buildKey(key) {
  const { owner, name, hint, computer } = key;
  const note = computer ? `${hint} · may use this computer` : hint;
  const title = create("span", "", `${OWNERS[owner]} “${name}” `, create("span", "soft", note));
  return create("li", "", title, create("span", "buttons",
    buildButton("Replace", `Replace ${OWNERS[owner]} ${name}`, () => editKey(key)),
    buildButton("Remove", `Remove ${OWNERS[owner]} ${name}`, () => removeKey(key), "danger")));
}

function buildVariable(name) {
  const note = "in the environment of the bridge; it is used first, and can be changed only there";
  return create("li", "", create("span", "", create("code", "", name), create("span", "soft", ` ${note}`)));
}

function showKeys(body) {
  keys = body.keys;
  const rows = [...body.environment.map(buildVariable), ...keys.map(buildKey)];
  byId("saved-keys").replaceChildren(...(rows.length ? rows : [create("li", "soft", "No saved keys.")]));
}

async function loadKeys() {
  try {
    showKeys(await callBridge("/control/keys"));
  } catch (error) {
    byId("saved-keys").replaceChildren(create("li", "bad", error.message));
  }
}

function editKey({ owner, name }) {
  byId("key-add-owner").value = owner;
  byId("key-add-name").value = name;
  byId("key-add-save").textContent = `Replace “${name}”`;
  byId("key-add-secret").focus();
}

async function removeKey({ owner, name }) {
  const isLast = owner === "bridge" && keys.filter(key => key.owner === "bridge").length === 1;
  const question = `Remove the ${OWNERS[owner]} “${name}”?`
    + (isLast ? " It is the last access key: every program on this computer can then use the bridge." : "");
  if (!confirm(question)) return;
  await run(async () => showKeys(await callBridge("/control/keys/remove", { owner, name })), `Removed “${name}”.`);
}

async function saveKey() {
  const owner = byId("key-add-owner").value, name = byId("key-add-name").value.trim() || "default";
  const isFirst = owner === "bridge" && !keys.some(key => key.owner === "bridge");
  const question = "This is the first access key. From now on, every client has to send one. Save it?";
  if (isFirst && !confirm(question)) return;
  showAccountResult("busy", owner === "anthropic" ? "Checking key…" : "Saving key…");
  byId("key-add-save").disabled = true;
  try {
    const saved = await callBridge("/control/keys", { owner, name, secret: byId("key-add-secret").value });
    byId("key-add").reset();
    byId("key-add-save").textContent = "Save key";
    showAccountResult(...describeSavedKey(saved));
  } catch (error) {
    // What was typed stays, to be corrected.
    showAccountResult("bad", error.message);
    byId("key-add-secret").select();
  }
  byId("key-add-save").disabled = !token();
  await loadKeys();
}

async function run(action, text) {
  try {
    await action();
    showAccountResult("good", text);
  } catch (error) {
    showAccountResult("bad", error.message);
  }
}

function showAccounts() {
  const isOpen = Boolean(token());
  byId("account-lists").hidden = !isOpen;
  byId("account-locked").hidden = isOpen;
  if (!isOpen) {
    setText(byId("account-result"), "");
    for (const id of ["sign-in-list", "saved-keys"]) byId(id).replaceChildren();
    return;
  }
  showSignIns();
  loadKeys();
}

byId("key-add").onsubmit = event => {
  event.preventDefault();
  saveKey();
};
watchSession(showAccounts);
