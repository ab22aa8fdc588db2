// Computer use on the dashboard: its mode, pending approvals, and stop.

import { callBridge, token } from "./token.js";

const MODES = {
  off: "Off", ask: "Ask before each step", ask_risky: "Ask before risky steps",
  allowed: "Allow everything",
};
const byId = id => document.getElementById(id);
const cards = new Map();
let changing = false;

function setText(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function describeMode(state) {
  if (state.mode !== "allowed") return MODES[state.mode];
  const minutes = Math.max(1, Math.ceil((state.until - Date.now() / 1000) / 60));
  return `${MODES.allowed} for ${minutes} more minute${minutes === 1 ? "" : "s"}`;
}

/** Shows what `/health` reports about computer use, also without the control token. */
export function showComputer(state) {
  setText("computer-mode", describeMode(state));
  setText("computer-active", state.active ? "Claude is controlling this computer" : "none");
  byId("computer").classList.toggle("active", state.active);
  byId("computer-stop").hidden = !token() || (state.mode === "off" && !state.active);
  byId("computer-switch").hidden = !token();
  byId("computer-locked").hidden = Boolean(token());
  for (const input of document.querySelectorAll("input[name=computer]")) {
    // During a change, /health still reports the old mode, which would undo the user's click.
    if (!changing) input.checked = input.value === state.mode;
  }
  const isUsed = state.mode !== "off" || state.waiting || cards.size;
  if (token() && isUsed) showDetails();
  else byId("programs").hidden = true;
}

async function showDetails() {
  const { waiting, programs } = await callBridge("/computer");
  showPrograms(programs);
  const ids = waiting.map(approval => approval.id);
  for (const [id, card] of cards) {
    if (!ids.includes(id)) { card.remove(); cards.delete(id); }
  }
  for (const approval of waiting) {
    if (!cards.has(approval.id)) {
      cards.set(approval.id, await buildCard(approval));
      byId("approvals").append(cards.get(approval.id));
    }
    const left = Math.max(0, Math.ceil(approval.expires_at - Date.now() / 1000));
    cards.get(approval.id).querySelector(".seconds-left").textContent =
      `Denied automatically in ${left} s`;
  }
}

/** Lists the programs that the user approved or denied; each can be forgotten. */
function showPrograms(programs) {
  const box = byId("programs");
  box.hidden = programs.length === 0;
  const shown = JSON.stringify(programs);
  // An unchanged list is left alone, so that a button stays where it is.
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.querySelector("ul").replaceChildren(...programs.map(({ id, program, approved }) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = approved ? "Revoke" : "Ask again";
    button.onclick = () => showErrorsOf(() => callBridge(`/computer/programs/${id}`, undefined, "DELETE"))
      .then(refresh);
    item.append(`${approved ? "Approved" : "Denied"}: ${program} `, button);
    return item;
  }));
}

async function buildCard(approval) {
  const card = byId("approval").content.cloneNode(true).firstElementChild;
  card.querySelector("h3").textContent = `Request from ${approval.asked_by}:`;
  card.querySelector("ol").append(...approval.what.map(step => {
    const item = document.createElement("li");
    item.textContent = step;
    return item;
  }));
  const risks = card.querySelector(".risks");
  risks.hidden = approval.risks.length === 0;
  risks.textContent = `Risky: ${approval.risks.join(", ")}.`;
  card.querySelector(".approve").onclick = () => decide(approval.id, true);
  card.querySelector(".deny").onclick = () => decide(approval.id, false);
  if (approval.picture) await drawPicture(card.querySelector("canvas"), approval.picture);
  return card;
}

/** Draws on a canvas, because an <img> cannot send the token that the picture requires. */
async function drawPicture(canvas, path) {
  const response = await fetch(path, { headers: { Authorization: `Bearer ${token()}` } });
  if (!response.ok) return;
  const picture = await createImageBitmap(await response.blob());
  Object.assign(canvas, { width: picture.width, height: picture.height, hidden: false });
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

async function decide(id, approved) {
  await showErrorsOf(() => callBridge(`/computer/approvals/${id}`, { approved }));
  const card = cards.get(id);
  if (card) { card.remove(); cards.delete(id); }
}

async function showErrorsOf(action) {
  try {
    await action();
    setText("computer-error", "");
  } catch (error) {
    setText("computer-error", error.message);
  }
}

async function changeMode(mode) {
  changing = true;
  const minutes = mode === "allowed" ? { minutes: 15 } : {};
  await showErrorsOf(() => callBridge("/control/switches", { computer: { mode, ...minutes } }));
  changing = false;
}

async function refresh() {
  const response = await fetch("/health");
  if (response.ok) showComputer((await response.json()).computer);
}

for (const input of document.querySelectorAll("input[name=computer]")) {
  input.onchange = () => changeMode(input.value).then(refresh);
}
byId("computer-stop").onclick = () => showErrorsOf(() => callBridge("/computer/stop", {})).then(refresh);
// More often than the rest of the page, because approvals expire soon. An error is only logged:
// dashboard.js shows that the bridge is not running.
setInterval(() => {
  if (token() && !document.hidden) refresh().catch(error => console.warn(error.message));
}, 1000);
