// The set-up page: sign in to Claude Code, or keep a key; and the echo to try meanwhile.

import { tell, token } from "./token.js";

const at = id => document.getElementById(id);

function say(id, words) {
  if (at(id).textContent !== words) at(id).textContent = words;
}

async function look() {
  try {
    const health = await (await fetch("/health")).json();
    at("state").className = "state " + (health.ready ? "good" : "bad");
    say("state", health.ready ? "Ready" : "Claude cannot be asked yet");
    const { reason, active } = health.backend;
    say("why", active ? `${reason[0].toUpperCase()}${reason.slice(1)}. All is set up.`
      : `Not yet: ${reason}.`);
  } catch {
    at("state").className = "state bad";
    say("state", "The bridge is not running");
  }
}

function showSignIn(status) {
  at("going-on").hidden = status.state !== "waiting";
  if (status.url) at("sign-in-page").href = status.url;
  say("sign-in-words", status.words);
  return status.state;
}

async function follow() {
  while (showSignIn(await tell("/control/login")) === "waiting") {
    await new Promise(done => setTimeout(done, 1000));
  }
  await look();
}

at("sign-in").onclick = async () => {
  say("sign-in-words", "Starting Claude Code…");
  try {
    showSignIn(await tell("/control/login", {}));
    await follow();
  } catch (error) {
    say("sign-in-words", error.message);
  }
};

at("code-form").onsubmit = async event => {
  event.preventDefault();
  say("sign-in-words", "Checking the code…");
  try {
    showSignIn(await tell("/control/login", { code: at("code").value.trim() }));
  } catch (error) {
    say("sign-in-words", error.message);
  }
  await look();
};

at("key-form").onsubmit = async event => {
  event.preventDefault();
  say("key-words", "Keeping it…");
  try {
    const kept = await tell("/control/keys", { owner: "anthropic", secret: at("secret").value });
    at("secret").value = "";
    say("key-words", `Kept in ${kept.kept_in}.`);
  } catch (error) {
    say("key-words", error.message);
  }
  await look();
};

at("try").onclick = async () => {
  say("echo", "…");
  const answer = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      model: "bridge-echo", messages: [{ role: "user", content: "Hello from the set-up page." }],
    }),
  });
  const said = await answer.json();
  say("echo", answer.ok ? said.choices[0].message.content : said.error.message);
};

say("base", location.origin + "/v1");
at("strange").hidden = token() !== null;
setInterval(() => { if (!document.hidden) look(); }, 3000);
look();
