// The set-up page: sign in to Claude Code, save an API key, or try the echo.

import { describeSavedKey } from "./key_result.js";
import { capitalize, setText, showResult } from "./text.js";
import { callBridge, credential, token, watchSession } from "./token.js";
import "./unlock.js";

const byId = id => document.getElementById(id);
// Claude Code names the account some moments after it has signed in.
const NAME_TRIES = 5, NAME_MILLISECONDS = 2000;
/** Whether this page shows a sign-in that it has begun. */
let isSigningIn = false;
/** The number of the sign-in that this page follows; an earlier one is not followed any more. */
let attempt = 0;

async function refresh() {
  try {
    const health = await (await fetch("/health")).json();
    showHealth(health);
    // The answer tells whether the session is still open.
    if (token()) await callBridge("/control/login").catch(error => console.warn(error.message));
  } catch {
    byId("state").className = "state bad";
    setText(byId("state"), "The bridge is not running");
  }
}

function showHealth(health) {
  const { reason, hint, active } = health.backend;
  // The echo is no connection to Claude, although the bridge is ready with it.
  const isConnected = active !== null && active !== "offline";
  byId("state").className = "state " + (health.ready ? "good" : "bad");
  setText(byId("state"), health.ready ? "Ready" : "Not connected to Claude");
  setText(byId("connection-title"), isConnected ? "You are connected" : "Connect to Claude");
  byId("connection").classList.toggle("success", isConnected);
  setText(byId("reason"), `${isConnected ? "" : "Not connected. "}${capitalize(reason)}.`);
  // The cards below are the hint for those who have connected nothing yet.
  const isBroken = health.routes.some(route => route.credential === "rejected");
  setText(byId("hint"), isBroken && !active ? hint : "");
  byId("next").hidden = !isConnected;
  // Then the next step is the only primary button.
  for (const id of ["sign-in", "save"]) byId(id).classList.toggle("primary", !isConnected);
}

/** Shows which step a sign-in has come to: 0 to 2; null hides the steps. */
function showProgress(step) {
  byId("sign-in-progress").hidden = step === null;
  [...byId("sign-in-progress").children].forEach((item, index) => {
    item.className = index < step || step === 2 ? "done" : "";
    if (index === step && step < 2) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

function showSignIn(status) {
  const isWaiting = status.state === "waiting";
  byId("sign-in-steps").hidden = byId("sign-in-cancel").hidden = !isWaiting;
  byId("sign-in").hidden = isWaiting;
  if (status.url) byId("sign-in-page").href = status.url;
  if (isWaiting) showProgress(1);
  else if (status.state !== "signed_in") showProgress(null);
  const looks = { waiting: "busy", signed_in: "good", failed: "bad", cancelled: "" };
  showResult(byId("sign-in-status"), looks[status.state], status.words);
  return status.state;
}

/** Shows who is signed in, in Claude Code's own words; `isNew` after a sign-in on this page. */
async function showAccount(isNew) {
  const { sign_ins: signIns } = await callBridge("/control/sign-ins");
  const account = signIns.find(signIn => signIn.active);
  if (account?.state !== "signed_in" || (isSigningIn && !isNew)) return;
  if (isNew) showProgress(2);
  showResult(byId("sign-in-status"), "good", account.words);
  byId("sign-in").textContent = "Sign in with another account";
  return account.email;
}

async function showNewAccount() {
  for (let tries = 0; tries < NAME_TRIES && !isSigningIn; tries += 1) {
    if (await showAccount(true)) return;
    await new Promise(done => setTimeout(done, NAME_MILLISECONDS));
  }
}

async function followSignIn() {
  const own = ++attempt;
  let state = showSignIn(await callBridge("/control/login"));
  while (state === "waiting") {
    await new Promise(done => setTimeout(done, 1000));
    // The form, or another sign-in, has gone on meanwhile, and shows its own result.
    if (!isSigningIn || own !== attempt) return;
    state = showSignIn(await callBridge("/control/login"));
  }
  await finishSignIn(state);
}

async function finishSignIn(state) {
  if (!isSigningIn || state === "waiting") return;
  isSigningIn = false;
  await refresh();
  if (state === "signed_in") await showNewAccount();
}

function showSignInError(error) {
  isSigningIn = false;
  showProgress(null);
  byId("sign-in").hidden = false;
  byId("sign-in-steps").hidden = byId("sign-in-cancel").hidden = true;
  showResult(byId("sign-in-status"), "bad", error.message);
}

byId("sign-in").onclick = async () => {
  isSigningIn = true;
  showProgress(0);
  showResult(byId("sign-in-status"), "busy", "Starting Claude Code…");
  byId("sign-in").hidden = true;
  try {
    showSignIn(await callBridge("/control/login", {}));
    await followSignIn();
  } catch (error) {
    showSignInError(error);
  }
};

byId("sign-in-cancel").onclick = async () => {
  isSigningIn = false;
  try {
    showSignIn(await callBridge("/control/login", undefined, "DELETE"));
  } catch (error) {
    showSignInError(error);
  }
  byId("sign-in").focus();
};

byId("code-form").onsubmit = async event => {
  event.preventDefault();
  showResult(byId("sign-in-status"), "busy", "Checking code…");
  try {
    await finishSignIn(showSignIn(await callBridge("/control/login", { code: byId("code").value.trim() })));
    byId("code").value = "";
  } catch (error) {
    showSignInError(error);
  }
};

byId("key-form").onsubmit = async event => {
  event.preventDefault();
  showResult(byId("key-status"), "busy", "Checking key…");
  byId("save").disabled = true;
  try {
    const saved = await callBridge("/control/keys", { owner: "anthropic", secret: byId("secret").value });
    byId("secret").value = "";
    showResult(byId("key-status"), ...describeSavedKey(saved));
  } catch (error) {
    // What was typed stays, to be corrected.
    showResult(byId("key-status"), "bad", error.message);
    byId("secret").select();
  }
  byId("save").disabled = !token();
  await refresh();
};

byId("try").onclick = async () => {
  setText(byId("echo"), "…");
  const key = credential();
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) },
    body: JSON.stringify({
      model: "bridge-echo", messages: [{ role: "user", content: "Hello from the set-up page." }],
    }),
  });
  const body = await response.json();
  byId("echo").textContent = response.ok ? body.choices[0].message.content : body.error.message;
};

setText(byId("base"), location.origin + "/v1");
setInterval(() => { if (!document.hidden) refresh(); }, 3000);
refresh();
watchSession(() => { if (token()) showAccount(false).catch(error => console.warn(error.message)); });
