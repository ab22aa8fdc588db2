// The page of recorded requests: the recorder's switch, and the list with its filters, which is live.

import { readEvents } from "./events.js";
import { openView, showExchange, updateExchange } from "./inspect_detail.js";
import { element } from "./inspect_parts.js";
import { formatDollars } from "./plot.js";
import { isTyping, showResult } from "./text.js";
import { callBridge, token, watchSession } from "./token.js";
import "./unlock.js";

const SLOW_SECONDS = 10;
const MANY_TOKENS = 10_000;
const RETRY_MILLISECONDS = 2000;
const byId = id => document.getElementById(id);
/** The summaries by id, the oldest first. */
let exchanges = new Map();
let recorder = { on: false, until: null, exchanges: 0, dropped: 0 };
let chosen = null;
/** The ids of the exchanges whose content has the text that is searched; null without one. */
let found = null;
let following = null;

// --- the recorder

function showRecorder() {
  const { on, until, dropped } = recorder;
  const end = on ? new Date(until * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  const text = on ? `Recording until ${end}` : "Not recording";
  if (byId("recorder-state").textContent !== text) byId("recorder-state").textContent = text;
  byId("recorder-state").className = `state ${on ? "recording" : ""}`;
  byId("recorder").classList.toggle("on", on);
  byId("recorder-switch").textContent = on ? "Stop and drop everything" : "Start recording";
  byId("minutes").parentElement.hidden = on;
  byId("list-count").dataset.dropped = dropped ? ` ${dropped} older were dropped for want of room.` : "";
}

byId("recorder-form").onsubmit = async event => {
  event.preventDefault();
  const on = !recorder.on;
  try {
    recorder = await callBridge("/inspect", on ? { on, minutes: Number(byId("minutes").value) } : { on });
    showResult(byId("recorder-result"), "", "");
    showRecorder();
  } catch (error) {
    showResult(byId("recorder-result"), "bad", error.message);
  }
};

// --- the list

function isFailed(exchange) {
  return exchange.failed || (typeof exchange.status === "number" && exchange.status >= 400);
}

const STATUSES = {
  good: exchange => !exchange.running && !isFailed(exchange) && exchange.outcome !== "cut",
  failed: isFailed,
  rejected: exchange => exchange.rejected,
  cut: exchange => exchange.outcome === "cut",
  running: exchange => exchange.running,
};

function isShown(exchange) {
  const client = byId("filter-client").value, model = byId("filter-model").value;
  const status = byId("filter-status").value;
  const tokens = (exchange.input_tokens || 0) + (exchange.output_tokens || 0);
  return (!client || exchange.client === client)
    && (!model || exchange.model === model || exchange.requested_model === model)
    && (!status || STATUSES[status](exchange))
    && (!byId("filter-notices").checked || exchange.notices > 0)
    && (!byId("filter-slow").checked || exchange.seconds > SLOW_SECONDS)
    && (!byId("filter-tokens").checked || tokens > MANY_TOKENS)
    && (!found || found.has(exchange.id));
}

/** Offers each value that there is; the chosen one stays, also if there is none of it now. */
function offer(list, values) {
  const known = [...list.options].map(option => option.value);
  for (const value of new Set(values)) {
    if (value && !known.includes(value)) list.add(new Option(value, value));
  }
}

function buildItem(exchange) {
  const { id } = exchange;
  const time = new Date(exchange.at * 1000).toLocaleTimeString();
  const state = exchange.running ? "running" : `${exchange.status} ${exchange.outcome}`.replace(/ -$/, "");
  const figures = [
    exchange.notices ? `${exchange.notices} notice${exchange.notices === 1 ? "" : "s"}` : "",
    exchange.output_tokens === null ? "" : `${exchange.input_tokens}+${exchange.output_tokens}`,
    exchange.cost === null ? "" : formatDollars(exchange.cost),
    exchange.seconds === null ? "" : `${exchange.seconds.toFixed(2)} s`,
  ].filter(Boolean).join(" · ");
  const models = exchange.model && exchange.model !== exchange.requested_model
    ? `${exchange.requested_model || "–"} → ${exchange.model}` : exchange.requested_model || "–";
  const item = element("li", "", element("span", "", element("span", "", `${id} · ${time} · ${exchange.path}`),
    element("span", isFailed(exchange) ? "failed" : "", state)));
  item.append(element("span", "soft", element("span", "", models), element("span", "", exchange.client)));
  item.append(element("span", "soft", element("span", "", figures), element("span", "", describeOrigin(exchange))));
  Object.assign(item, { id: `exchange-${id}`, onclick: () => choose(id) });
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", String(id === chosen));
  return item;
}

function describeOrigin(exchange) {
  if (exchange.repeats) return `again: ${exchange.repeats}`;
  if (exchange.rejected) return "rejected";
  return exchange.via === "http" ? "" : exchange.via;
}

function listShown() {
  return [...exchanges.values()].filter(isShown).reverse();
}

function showList() {
  const shown = listShown();
  offer(byId("filter-client"), [...exchanges.values()].map(exchange => exchange.client));
  offer(byId("filter-model"), [...exchanges.values()].flatMap(({ model, requested_model }) => [model, requested_model]));
  const list = byId("exchanges"), top = list.scrollTop;
  list.replaceChildren(...shown.map(buildItem));
  list.scrollTop = top;
  if (shown.some(({ id }) => id === chosen)) list.setAttribute("aria-activedescendant", `exchange-${chosen}`);
  else list.removeAttribute("aria-activedescendant");
  const count = shown.length === exchanges.size ? `${shown.length}` : `${shown.length} of ${exchanges.size}`;
  const text = exchanges.size
    ? `${count} request${exchanges.size === 1 ? "" : "s"}, the newest first.${byId("list-count").dataset.dropped || ""}`
    : recorder.on ? "Nothing was requested yet." : "Start recording to see requests here.";
  if (byId("list-count").textContent !== text) byId("list-count").textContent = text;
}

async function choose(id) {
  chosen = id;
  showList();
  byId(`exchange-${id}`)?.scrollIntoView({ block: "nearest" });
  await showExchange(exchanges.get(id));
}

function move(step) {
  const shown = listShown();
  if (!shown.length) return;
  const at = shown.findIndex(({ id }) => id === chosen);
  choose(shown[Math.min(Math.max(at + step, 0), shown.length - 1)].id);
}

const KEYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
byId("exchanges").onkeydown = event => {
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  move(KEYS[event.key]);
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    event.preventDefault();
    byId("filter-text").focus();
  }
  if (/^[1-6]$/.test(event.key)) openView(Number(event.key) - 1);
});

// --- filters

async function search() {
  const text = byId("filter-text").value.trim();
  const ids = text
    ? (await callBridge(`/inspect/exchanges?text=${encodeURIComponent(text)}`)).exchanges.map(({ id }) => id) : null;
  // An answer that comes late is about an earlier text.
  if (text !== byId("filter-text").value.trim()) return;
  found = ids && new Set(ids);
  showList();
}

byId("filters").oninput = event => {
  if (event.target.id === "filter-text") search().catch(error => showResult(byId("recorder-result"), "bad", error.message));
  else showList();
};
byId("filters").onsubmit = event => event.preventDefault();

// --- live

async function load() {
  const answer = await callBridge("/inspect/exchanges");
  recorder = answer.recorder;
  exchanges = new Map(answer.exchanges.map(exchange => [exchange.id, exchange]));
  showRecorder();
  showList();
}

/** Takes over what has changed; what the recorder has dropped goes. */
function update(event) {
  recorder = event.recorder;
  for (const exchange of event.exchanges) exchanges.set(exchange.id, exchange);
  if (!recorder.on) exchanges.clear();
  while (exchanges.size > recorder.exchanges) exchanges.delete(exchanges.keys().next().value);
  showRecorder();
  showList();
  if (chosen && !exchanges.has(chosen)) {
    chosen = null;
    showExchange(null);
  }
  const changed = event.exchanges.find(({ id }) => id === chosen);
  if (changed) updateExchange(changed);
}

async function follow(signal) {
  const headers = { Authorization: `Bearer ${token()}` };
  const response = await fetch("/inspect/events", { headers, signal }).catch(error => {
    // A browser does not say why; a bridge that is busy answers later.
    throw signal.aborted ? error : new Error("The bridge does not answer; trying again…", { cause: error });
  });
  if (!response.ok) throw new Error((await response.json()).error.message);
  await load();
  for await (const event of readEvents(response)) update(event);
}

async function keepFollowing(controller) {
  while (!controller.signal.aborted && token()) {
    let problem = "The connection has ended; trying again…";
    try {
      await follow(controller.signal);
    } catch (error) {
      problem = error.message;
    }
    if (controller.signal.aborted) return;
    console.warn(problem);
    byId("recorder-state").textContent = problem;
    await new Promise(resolve => { setTimeout(resolve, RETRY_MILLISECONDS); });
  }
}

watchSession(() => {
  following?.abort();
  following = null;
  if (!token()) {
    exchanges.clear();
    recorder = { on: false, until: null, exchanges: 0, dropped: 0 };
    byId("recorder-state").textContent = "Locked";
    showList();
    showExchange(null);
    return;
  }
  following = new AbortController();
  keepFollowing(following);
});
