// The set-up page: sign in to Claude Code, save an API key, or try the echo.

import { callBridge, token } from "./token.js";

const byId = id => document.getElementById(id);

function setText(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function capitalize(text) {
  return text && text[0].toUpperCase() + text.slice(1);
}

async function refresh() {
  try {
    const health = await (await fetch("/health")).json();
    byId("state").className = "state " + (health.ready ? "good" : "bad");
    setText("state", health.ready ? "Ready" : "Not connected to Claude");
    const { reason, hint, active } = health.backend;
    setText("reason", `${active ? "Connected" : "Not connected"}. ${capitalize(reason)}.`);
    // The cards below are the hint for those who have connected nothing yet.
    const isBroken = health.routes.some(route => route.credential === "rejected");
    setText("hint", isBroken && !active ? hint : "");
    // The answer tells whether the session is still open.
    if (token()) await callBridge("/control/login").catch(error => console.warn(error.message));
    byId("read-only").hidden = Boolean(token());
  } catch {
    byId("state").className = "state bad";
    setText("state", "The bridge is not running");
  }
}

function showSignIn(status) {
  byId("sign-in-steps").hidden = status.state !== "waiting";
  if (status.url) byId("sign-in-page").href = status.url;
  setText("sign-in-status", status.words);
  return status.state;
}

async function followSignIn() {
  while (showSignIn(await callBridge("/control/login")) === "waiting") {
    await new Promise(done => setTimeout(done, 1000));
  }
  await refresh();
}

byId("sign-in").onclick = async () => {
  setText("sign-in-status", "Starting Claude Code…");
  try {
    showSignIn(await callBridge("/control/login", {}));
    await followSignIn();
  } catch (error) {
    setText("sign-in-status", error.message);
  }
};

byId("code-form").onsubmit = async event => {
  event.preventDefault();
  setText("sign-in-status", "Checking code…");
  try {
    showSignIn(await callBridge("/control/login", { code: byId("code").value.trim() }));
  } catch (error) {
    setText("sign-in-status", error.message);
  }
  await refresh();
};

byId("key-form").onsubmit = async event => {
  event.preventDefault();
  showKeyStatus("", "Checking key…");
  byId("save").disabled = true;
  try {
    const key = { owner: "anthropic", secret: byId("secret").value };
    const saved = await callBridge("/control/keys", key);
    byId("secret").value = "";
    const look = saved.check === "accepted" ? "good" : "unchecked";
    showKeyStatus(look, `Saved in ${saved.kept_in}. ${saved.words}`);
  } catch (error) {
    // What was typed stays, to be corrected.
    showKeyStatus("bad", error.message);
    byId("secret").select();
  }
  byId("save").disabled = false;
  await refresh();
};

function showKeyStatus(look, text) {
  byId("key-status").className = `result ${look}`;
  setText("key-status", text);
}

byId("try").onclick = async () => {
  setText("echo", "…");
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      model: "bridge-echo", messages: [{ role: "user", content: "Hello from the set-up page." }],
    }),
  });
  const body = await response.json();
  setText("echo", response.ok ? body.choices[0].message.content : body.error.message);
};

setText("base", location.origin + "/v1");
byId("read-only").hidden = Boolean(token());
setInterval(() => { if (!document.hidden) refresh(); }, 3000);
refresh();
