// Computer use on the dashboard: its mode, pending approvals, and stop.

import { callBridge, signOut, token } from "./token.js";

const MODES = {
  off: "Off", ask: "Ask before each step", ask_risky: "Ask before risky steps",
  allowed: "Allow everything",
};
const LEVELS = {
  view: { label: "Look only", help: "Deny this, and let Claude only look at the app." },
  click: { label: "Clicks", help: "Mouse and keys, unless a step is risky." },
  everything: {
    label: "Everything",
    help: "Risky steps too, but for terminals, commands, passwords and starting programs.",
  },
};
// The last decisions are shown for so long.
const DECIDED_SECONDS = 120;
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

function describeActivity(state) {
  if (state.waiting) return "Claude is waiting for your approval";
  return state.active ? "Claude is controlling this computer" : "none";
}

/** Shows what `/health` reports about computer use, also without a session. */
export function showComputer(state) {
  setText("computer-mode", describeMode(state));
  setText("computer-active", describeActivity(state));
  byId("computer").classList.toggle("active", state.active && !state.waiting);
  byId("computer").classList.toggle("waiting", state.waiting > 0);
  byId("computer-stop").hidden = !token() || (state.mode === "off" && !state.active);
  byId("computer-switch").hidden = !token();
  byId("computer-locked").hidden = Boolean(token());
  byId("sign-out").hidden = !token();
  for (const input of document.querySelectorAll("input[name=computer]")) {
    // During a change, /health still reports the old mode, which would undo the user's click.
    if (!changing) input.checked = input.value === state.mode;
  }
  // Also while computer use is off: the answer tells whether the session is still open.
  if (token()) showDetails().catch(error => console.warn(error.message));
  else hideDetails();
}

function hideDetails() {
  byId("programs").hidden = byId("decided").hidden = byId("apps").hidden = true;
  for (const card of cards.values()) card.remove();
  cards.clear();
}

async function showDetails() {
  const { waiting, decided, programs } = await callBridge("/computer");
  showPrograms(programs);
  showDecided(decided);
  const ids = waiting.map(approval => approval.id);
  for (const [id, card] of cards) {
    if (!ids.includes(id)) { card.remove(); cards.delete(id); }
  }
  for (const approval of waiting) {
    if (!cards.has(approval.id)) {
      const card = buildCard(approval);
      // Before the picture is there: the next second must not build the card again.
      cards.set(approval.id, card);
      if (approval.picture) await drawPicture(card.querySelector("canvas"), approval.picture);
      if (cards.get(approval.id) !== card) continue;
      byId("approvals").append(card);
    }
    const left = Math.max(0, Math.ceil(approval.expires_at - Date.now() / 1000));
    cards.get(approval.id).querySelector(".seconds-left").textContent =
      `Denied automatically in ${left} s`;
  }
  // Last, because an error here must not hide an approval.
  await showApps();
}

/** Lists what became of the last approvals, where they were given. */
function showDecided(decided) {
  const recent = decided.filter(({ at }) => Date.now() / 1000 - at < DECIDED_SECONDS);
  byId("decided").hidden = recent.length === 0;
  byId("decided").querySelector("ul").replaceChildren(...recent.map(({ what, about, approved, outcome }) => {
    const item = document.createElement("li");
    const result = document.createElement("strong");
    if (about === "program" && outcome === "done") result.textContent = "Approved: ";
    else if (outcome === null) result.textContent = "Being done: ";
    else if (outcome === "done") result.textContent = "Done: ";
    else result.textContent = approved ? "Not done: " : "Denied: ";
    result.className = outcome === "done" || outcome === null ? "" : "risks";
    item.append(result, firstLine(what.join("; ")));
    if (outcome !== "done" && outcome !== null) item.append(document.createElement("br"), outcome);
    return item;
  }));
}

/** Shortens what was decided, which the user has seen whole. */
function firstLine(text) {
  const line = text.split("\n", 1)[0];
  const isCut = line.length > 160 || line.length < text.length;
  return isCut ? line.slice(0, 160) + "…" : line;
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

function buildCard(approval) {
  const card = byId("approval").content.cloneNode(true).firstElementChild;
  card.querySelector("h3").textContent = approval.about === "program"
    ? "A program asks to use this computer:" : `Request from ${approval.asked_by}:`;
  card.querySelector("ol").append(...approval.steps.map(buildStep));
  const risks = card.querySelector(".risks");
  risks.hidden = approval.risks.length === 0;
  risks.textContent = `Risky: ${approval.risks.join(", ")}.`;
  card.querySelector(".approve").onclick = () => decide(approval, true);
  card.querySelector(".deny").onclick = () => decide(approval, false);
  offerLevels(approval, card);
  return card;
}

/** Offers to remember a decision for the programs that the actions go to. */
function offerLevels(approval, card) {
  const { apps, levels } = approval;
  if (apps.length === 0) return;
  const box = card.querySelector(".remember");
  box.hidden = false;
  card.querySelector(".approve").textContent = "Allow once";
  box.querySelector("p").textContent =
    `From now on, in ${apps.map(({ name, path }) => `${name} (${path})`).join(" and ")}:`;
  for (const button of box.querySelectorAll("button")) {
    const { level } = button.dataset;
    button.hidden = !levels.includes(level);
    button.title = LEVELS[level].help;
    button.onclick = () => decide(approval, level !== "view", level).then(showApps);
  }
}

/** Lists what Claude may do in each app; each can be changed and removed. */
async function showApps() {
  const { apps } = await callBridge("/computer/apps");
  const box = byId("apps");
  box.hidden = apps.length === 0;
  const shown = JSON.stringify(apps);
  // An unchanged list is left alone, so that an open menu stays open.
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.querySelector("ul").replaceChildren(...apps.map(buildApp));
}

function buildApp({ id, name, path, level, at, by }) {
  const item = document.createElement("li");
  const title = document.createElement("strong");
  title.textContent = name;
  const note = document.createElement("span");
  note.className = "soft";
  note.textContent = ` ${path}, decided by ${by} on ${new Date(at * 1000).toLocaleDateString()} `;
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", `What Claude may do in ${name}`);
  choice.append(...Object.entries(LEVELS).map(([value, { label }]) => new Option(label, value)));
  choice.value = level;
  choice.onchange = () => changeApps(() => callBridge(`/computer/apps/${id}`, { level: choice.value }));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "Remove";
  remove.onclick = () => changeApps(() => callBridge(`/computer/apps/${id}`, undefined, "DELETE"));
  item.append(title, note, choice, " ", remove);
  return item;
}

/** Makes a change and shows the list as it is then, also after an error. */
async function changeApps(change) {
  await showErrorsOf(change);
  delete byId("apps").dataset.shown;
  await showApps();
}

/** Shows one action; a text has its own box, whole, with its length. */
function buildStep({ action, text, facts, window }) {
  const item = document.createElement("li");
  item.append(window ? `${action} in ${window}` : action);
  if (text) {
    const box = document.createElement("pre");
    box.className = "typed";
    box.tabIndex = 0;
    box.textContent = text;
    const note = document.createElement("p");
    note.className = "facts";
    note.textContent = facts;
    // The box has a height only when the card is on the page.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (box.scrollHeight > box.clientHeight) note.textContent = `${facts}. Scroll to read all of it.`;
    }));
    item.append(box, note);
  }
  return item;
}

/** Draws on a canvas, because an <img> cannot send the token that the picture requires. */
async function drawPicture(canvas, path) {
  const response = await fetch(path, { headers: { Authorization: `Bearer ${token()}` } });
  if (!response.ok) return;
  const picture = await createImageBitmap(await response.blob());
  Object.assign(canvas, { width: picture.width, height: picture.height, hidden: false });
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

async function decide({ id, digest }, approved, level = null) {
  // The digest of what this card shows: nothing else is approved.
  await showErrorsOf(() => callBridge(`/computer/approvals/${id}`, { approved, digest, level }));
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
byId("sign-out").onclick = () => showErrorsOf(signOut).then(refresh);
byId("computer-stop").onclick = () => showErrorsOf(() => callBridge("/computer/stop", {})).then(refresh);
// More often than the rest of the page, because approvals expire soon. An error is only logged:
// dashboard.js shows that the bridge is not running.
setInterval(() => {
  if (token() && !document.hidden) refresh().catch(error => console.warn(error.message));
}, 1000);
