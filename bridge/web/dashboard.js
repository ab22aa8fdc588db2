// The dashboard: shows the bridge's status and usage. It calls this bridge only.

import { showAliases, updateAliasControls } from "./aliases.js";
import { showBudgets } from "./budgets.js";
import { showComputer } from "./computer.js";
import { showClients } from "./connect.js";
import { showModelChoice, showSwitches } from "./controls.js";
import { showFailure } from "./failure.js";
import "./accounts.js";
import "./log.js";
import "./unlock.js";
import { showPlans } from "./plan.js";
import { formatCount, formatDollars, plot } from "./plot.js";
import { showRules } from "./rules.js";
import { showStored } from "./stored.js";
import { capitalize } from "./text.js";
import { credential, watchSession } from "./token.js";
import { showTry } from "./try.js";

const DAYS = 30;
const BACKENDS = {
  "anthropic": "Anthropic API", "claude-code": "Claude Code", "offline": "offline echo",
};
// Outcomes that are not shown in red; `cut` means that the client left.
const GOOD = ["stop", "length", "tool_calls", "function_call", "content_filter", "cut"];
const byId = id => document.getElementById(id);
const base = location.origin + "/v1";
let days = [];
let isConnected = false;
let isPlaced = false;

async function getJson(path) {
  const key = credential();
  const response = await fetch(path, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  byId("locked").hidden = response.status !== 401;
  if (response.status === 401) throw new Error("Access key required");
  if (!response.ok) throw new Error(`${path} failed with status ${response.status}`);
  return response.json();
}

function setText(id, text) {
  // An unchanged text is left alone, so that screen readers do not read it again.
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function showState(good, text) {
  byId("state").className = "state " + (good ? "good" : "bad");
  setText("state", text);
}

function showHealth(health) {
  const states = { ready: "Ready", needs_setup: "Not connected to Claude", stopping: "Stopping" };
  showState(health.ready && !health.paused, health.paused ? "Paused" : states[health.status]);
  const { backend } = health;
  setText("backend", BACKENDS[backend.active] || "none");
  setText("reason", [capitalize(backend.reason), backend.hint].filter(Boolean).join(". "));
  byId("set-up").hidden = health.status !== "needs_setup";
  showSwitches(health, refresh);
  isConnected = backend.active !== null && backend.active !== "offline";
  setText("streams", health.open_streams === 0 ? "none" : String(health.open_streams));
  setText("version", health.version);
  setText("recorder-link", health.recorder.on ? "● Recording requests" : "Requests");
  showComputer(health.computer);
  showStored(health.storage_problems);
  updateAliasControls();
  byId("routes").replaceChildren(...health.routes.map(describeRoute).filter(Boolean).map(text => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

/** Returns what is wrong with a key or sign-in; an empty text if it works or was not used yet. */
function describeRoute(route) {
  const parts = [];
  if (route.credential === "rejected") parts.push("rejected");
  if (route.free_in > 0) parts.push(`not used for ${Math.ceil(route.free_in)} s`);
  if (parts.length === 0) return "";
  return `${route.label}: ${parts.join(", ")}${route.problem ? ` (${route.problem})` : ""}`;
}

function showToday(today) {
  const cached = today.cache_read_tokens;
  setText("today-requests", formatCount(today.requests));
  setText("today-in", formatCount(today.input_tokens + today.cache_write_tokens + cached));
  setText("today-cached", formatCount(cached));
  setText("today-out", formatCount(today.output_tokens));
  setText("today-cost", formatDollars(today.cost));
  setText("today-note", today.unpriced ? `Cost excludes ${today.unpriced} with unknown price.` : "");
}

function showPlot() {
  const measure = document.querySelector("input[name=measure]:checked").value;
  const last = [...Array(DAYS).keys()].map(back => {
    const day = new Date();
    day.setDate(day.getDate() - (DAYS - 1 - back));
    const two = number => String(number).padStart(2, "0");
    return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  });
  byId("plot").replaceChildren(...plot(days, measure, last));
}

function formatSeconds(milliseconds) {
  return milliseconds === null ? "–" : (milliseconds / 1000).toFixed(2) + " s";
}

function showRecent(recent) {
  byId("no-requests").hidden = recent.length > 0;
  byId("recent").replaceChildren(...recent.map(request => {
    const row = document.createElement("tr");
    const input = request.input_tokens + request.cache_write_tokens + request.cache_read_tokens;
    const time = new Date(request.at * 1000).toLocaleString([], {
      month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    const cost = request.cost === null ? "?" : formatDollars(request.cost);
    const texts = [time, request.client, request.model, BACKENDS[request.backend] || "–", request.outcome];
    const numbers = [formatCount(input), formatCount(request.output_tokens), cost,
      formatSeconds(request.first_chunk_milliseconds), formatSeconds(request.milliseconds)];
    row.append(...texts.map(text => buildCell(text)), ...numbers.map(text => buildCell(text, "number")));
    if (!GOOD.includes(request.outcome)) row.children[4].className = "bad";
    return row;
  }));
}

function buildCell(text, className = "") {
  const cell = document.createElement("td");
  cell.textContent = text;
  cell.className = className;
  return cell;
}

/** Shows what was used with each access key; nothing while no client has sent one. */
function showKeys(keys) {
  byId("keys").hidden = keys.every(key => key.name === "");
  byId("key-list").replaceChildren(...keys.map(key => {
    const row = document.createElement("tr");
    row.append(buildCell(key.name || "none"), buildCell(formatCount(key.requests), "number"),
      buildCell(formatDollars(key.cost), "number"));
    return row;
  }));
}

function showModels(models) {
  byId("models").replaceChildren(...models.data.map(model => {
    const item = document.createElement("li"), id = document.createElement("code");
    id.textContent = model.id;
    const claude = (model.alias_of || model.id).startsWith("claude-");
    item.append(id, claude ? "" : " (not Claude)");
    return item;
  }));
}

async function loadModels() {
  const models = await getJson("/v1/models");
  showModels(models);
  showModelChoice(models.data);
  await showAliases(models.data, loadModels);
  return models.data;
}

function copyOnClick(button, source) {
  byId(button).onclick = async () => {
    // Browsers deny the clipboard to a page that another computer serves without HTTPS. Then the
    // text stays selected, so that the user can copy it by hand.
    getSelection().selectAllChildren(byId(source));
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(byId(source).textContent).then(() => true, () => false)
      : false;
    setText(button, copied ? "Copied" : "Selected");
    setTimeout(() => setText(button, "Copy"), 1500);
  };
}

async function refresh() {
  try {
    const health = await getJson("/health");
    showHealth(health);
    const usage = await getJson(`/usage?days=${DAYS}&recent=20`);
    days = usage.days;
    showToday(usage.today);
    showPlans(usage, health, refresh);
    showBudgets(usage.budgets);
    showPlot();
    showRecent(usage.recent);
    showFailure(usage);
    showKeys(usage.keys);
    await showRules(usage, health);
  } catch (error) {
    // What is not known yet is shown as unknown from now on.
    showState(false, error instanceof TypeError
      ? "The bridge is not running. Start it with: claude-bridge" : error.message);
  }
  document.body.classList.remove("loading");
}

async function loadClientsAndModels() {
  const connections = await getJson("/connect");
  await showClients(connections);
  showTry(await loadModels(), connections.key, isConnected);
}

/** Loads everything; first the status, which tells what the rest means. */
async function load() {
  await refresh();
  await loadClientsAndModels().catch(error => console.warn(error.message));
  // The browser looked for the place before there was anything on the page.
  if (location.hash && !isPlaced) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  isPlaced = true;
}

byId("locked").onsubmit = event => {
  event.preventDefault();
  sessionStorage.setItem("key", byId("key").value);
  load();
};
setText("base", base);
copyOnClick("copy-base", "base");
copyOnClick("copy-snippet", "client-snippet");
copyOnClick("try-copy", "try-code");
document.querySelectorAll("input[name=measure]").forEach(input => { input.onchange = showPlot; });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(() => { if (!document.hidden) refresh(); }, 4000);
// Now, and when the page gets or loses its session: the snippets then have the access key, or not.
watchSession(load);
