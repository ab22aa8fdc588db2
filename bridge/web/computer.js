// Computer use on the dashboard: its mode, what was decided, apps and programs, and stop.

import { announceWaiting, clearApprovals, listenToKeys, showApprovals } from "./approvals.js";
import { callBridge, token, watchSession } from "./token.js";

const MODES = {
  off: "Off", ask: "Ask before each step", ask_risky: "Ask before risky steps",
  allowed: "Allow everything",
};
const LEVELS = { view: "Look only", click: "Clicks", everything: "Everything" };
// In the background, the page asks less often: browsers slow it down anyway.
const HIDDEN_SECONDS = 5;
// The last decisions are shown for so long.
const DECIDED_SECONDS = 120;
const byId = id => document.getElementById(id);
let changing = false;
let isBusy = false;
let seconds = 0;

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
  if (state.paused) return "Claude is paused because the mouse was moved";
  return state.active ? "Claude is controlling this computer" : "none";
}

/** Shows what `/health` reports about computer use, also without a session. */
export function showComputer(state) {
  setText("computer-mode", describeMode(state));
  setText("computer-active", describeActivity(state));
  byId("computer").classList.toggle("active", state.active && !state.waiting);
  byId("computer").classList.toggle("waiting", state.waiting > 0 || state.paused);
  byId("computer-stop").hidden = !token() || (state.mode === "off" && !state.active);
  byId("computer-resume").hidden = !token() || !state.paused;
  isBusy = state.active || state.paused || state.waiting > 0;
  announceWaiting(state.waiting);
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
  clearApprovals();
}

async function showDetails() {
  const { waiting, decided, programs } = await callBridge("/computer");
  showPrograms(programs);
  showDecided(decided);
  await showApprovals(waiting, { act: showErrorsOf, afterLevel: showApps });
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
  choice.append(...Object.entries(LEVELS).map(([value, label]) => new Option(label, value)));
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
const stop = () => showErrorsOf(() => callBridge("/computer/stop", {})).then(refresh);
byId("computer-stop").onclick = stop;
byId("computer-resume").onclick = () => showErrorsOf(() => callBridge("/computer/resume", {})).then(refresh);
listenToKeys({ act: showErrorsOf, stop: () => { if (token() && isBusy) stop(); } });
watchSession(() => { if (!token()) hideDetails(); });
// More often than the rest of the page, because approvals expire soon. An error is only logged:
// dashboard.js shows that the bridge is not running.
setInterval(() => {
  seconds += 1;
  if (!token() || (document.hidden && seconds % HIDDEN_SECONDS)) return;
  refresh().catch(error => console.warn(error.message));
}, 1000);
