// The leash of computer use: the switch, what waits for a word, stop.

import { tell, token } from "./token.js";

const MODES = {
  off: "Off", ask: "Ask for each step", ask_risky: "Ask when it is risky",
  allowed: "Everything, for 15 minutes",
};
const at = id => document.getElementById(id);
const shown = new Map();
let busy = false;

function say(id, words) {
  if (at(id).textContent !== words) at(id).textContent = words;
}

function lasting(state) {
  if (state.mode !== "allowed") return MODES[state.mode];
  const minutes = Math.max(1, Math.ceil((state.until - Date.now() / 1000) / 60));
  return `Everything, for ${minutes} more minute${minutes === 1 ? "" : "s"}`;
}

/** What `/health` says of it: for everybody who sees this page. */
export function showComputer(state) {
  say("computer-mode", lasting(state));
  say("computer-active", state.active ? "Claude has its hands on this computer" : "nobody");
  at("computer").classList.toggle("active", state.active);
  at("computer-stop").hidden = !token() || (state.mode === "off" && !state.active);
  at("computer-switch").hidden = !token();
  at("computer-locked").hidden = Boolean(token());
  for (const input of document.querySelectorAll("input[name=computer]")) {
    if (!busy) input.checked = input.value === state.mode;
  }
  if (token() && (state.waiting || shown.size)) showWaiting();
}

async function showWaiting() {
  const { waiting } = await tell("/computer");
  const ids = waiting.map(one => one.id);
  for (const [id, node] of shown) {
    if (!ids.includes(id)) { node.remove(); shown.delete(id); }
  }
  for (const one of waiting) {
    if (!shown.has(one.id)) {
      shown.set(one.id, await card(one));
      at("waiting").append(shown.get(one.id));
    }
    const left = Math.max(0, Math.ceil(one.expires_at - Date.now() / 1000));
    shown.get(one.id).querySelector(".left").textContent = `No answer is a no, in ${left} s.`;
  }
}

async function card(one) {
  const node = at("waiting-batch").content.cloneNode(true).firstElementChild;
  node.querySelector("h3").textContent = `${one.asked_by} asks:`;
  node.querySelector("ol").append(...one.what.map(words => {
    const item = document.createElement("li");
    item.textContent = words;
    return item;
  }));
  const risks = node.querySelector(".risks");
  risks.hidden = one.risks.length === 0;
  risks.textContent = `Risky: ${one.risks.join(", ")}.`;
  const [yes, no] = node.querySelectorAll("button");
  yes.onclick = () => decide(one.id, true);
  no.onclick = () => decide(one.id, false);
  if (one.picture) await draw(node.querySelector("canvas"), one.picture);
  return node;
}

/** Onto a canvas: a picture that needs the token has no address of its own. */
async function draw(canvas, path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token()}` } });
  if (!answer.ok) return;
  const picture = await createImageBitmap(await answer.blob());
  Object.assign(canvas, { width: picture.width, height: picture.height, hidden: false });
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

async function decide(id, approved) {
  await trouble(() => tell(`/computer/approvals/${id}`, { approved }));
  const node = shown.get(id);
  if (node) { node.remove(); shown.delete(id); }
}

async function trouble(doing) {
  try {
    await doing();
    say("computer-trouble", "");
  } catch (error) {
    say("computer-trouble", error.message);
  }
}

async function choose(mode) {
  busy = true;
  const minutes = mode === "allowed" ? { minutes: 15 } : {};
  await trouble(() => tell("/control/switches", { computer: { mode, ...minutes } }));
  busy = false;
}

async function look() {
  const answer = await fetch("/health");
  if (answer.ok) showComputer((await answer.json()).computer);
}

for (const input of document.querySelectorAll("input[name=computer]")) {
  input.onchange = () => choose(input.value).then(look);
}
at("computer-stop").onclick = () => trouble(() => tell("/computer/stop", {})).then(look);
// More often than the rest of the page: somebody may wait for a word. That the bridge is gone is
// said by the page itself.
setInterval(() => {
  if (token() && !document.hidden) look().catch(error => console.warn(error.message));
}, 1000);
