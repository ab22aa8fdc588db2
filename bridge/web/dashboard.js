// The dashboard: asks the bridge itself, and nobody else, what it does.

import { showComputer } from "./computer.js";
import { dollars, plot, short } from "./plot.js";
import { token } from "./token.js";

const DAYS = 30;
const BACKENDS = {
  "anthropic": "Anthropic API", "claude-code": "Claude Code", "offline": "offline echo",
};
const GOOD = ["stop", "length", "tool_calls", "function_call", "content_filter", "cut"];
const at = id => document.getElementById(id);
const base = location.origin + "/v1";
let days = [];

async function ask(path) {
  const key = sessionStorage.getItem("key") || token();
  const answer = await fetch(path, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  at("locked").hidden = answer.status !== 401;
  if (answer.status === 401) throw new Error("This bridge has a key");
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

function say(id, words) {
  if (at(id).textContent !== words) at(id).textContent = words;
}

function showState(good, words) {
  at("state").className = "state " + (good ? "good" : "bad");
  say("state", words);
}

function showHealth(health) {
  const states = { ready: "Ready", needs_setup: "Claude cannot be asked yet", stopping: "Stopping" };
  showState(health.ready && !health.paused, health.paused ? "Paused" : states[health.status]);
  const { backend } = health;
  say("backend", BACKENDS[backend.active] || "none");
  say("why", [backend.reason, backend.cure].filter(Boolean).join(". "));
  at("set-up").hidden = health.status !== "needs_setup";
  say("model", health.model);
  const writing = health.open_streams;
  say("streams", writing === 0 ? "nothing" : `${writing} answer${writing === 1 ? "" : "s"}`);
  say("version", health.version);
  showComputer(health.computer);
  const aside = health.roads.filter(road => road.breaker !== "closed");
  at("roads").replaceChildren(...aside.map(road => {
    const item = document.createElement("li");
    item.textContent = `${road.label} is set aside for ${Math.ceil(road.free_in)} s`
      + (road.problem ? `: ${road.problem}` : "");
    return item;
  }));
}

function showToday(today) {
  const cached = today.cache_read_tokens;
  say("today-requests", short(today.requests));
  say("today-in", short(today.input_tokens + today.cache_write_tokens + cached));
  say("today-cached", short(cached));
  say("today-out", short(today.output_tokens));
  say("today-cost", dollars(today.cost));
  say("today-note", today.unpriced ? `${today.unpriced} more without a known price.` : "");
}

function showPlot() {
  const measure = document.querySelector("input[name=measure]:checked").value;
  const last = [...Array(DAYS).keys()].map(back => {
    const day = new Date();
    day.setDate(day.getDate() - (DAYS - 1 - back));
    const two = number => String(number).padStart(2, "0");
    return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  });
  at("plot").replaceChildren(...plot(days, measure, last));
}

function seconds(milliseconds) {
  return milliseconds === null ? "–" : (milliseconds / 1000).toFixed(2) + " s";
}

function showRecent(recent) {
  at("nothing").hidden = recent.length > 0;
  at("recent").replaceChildren(...recent.map(one => {
    const row = document.createElement("tr");
    const read = one.input_tokens + one.cache_write_tokens + one.cache_read_tokens;
    const time = new Date(one.at * 1000).toLocaleString([], {
      month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    const cost = one.cost === null ? "?" : dollars(one.cost);
    const words = [time, one.client, one.model, BACKENDS[one.backend] || "–", one.outcome];
    const numbers = [short(read), short(one.output_tokens), cost,
      seconds(one.first_chunk_milliseconds), seconds(one.milliseconds)];
    row.append(...words.map(word => cell(word)), ...numbers.map(word => cell(word, "number")));
    if (!GOOD.includes(one.outcome)) row.children[4].className = "bad";
    return row;
  }));
}

function cell(words, kind = "") {
  const node = document.createElement("td");
  node.textContent = words;
  node.className = kind;
  return node;
}

function showFailure(failure) {
  at("trouble").hidden = failure === null;
  if (failure === null) return;
  say("trouble-words", failure.summary);
  say("trouble-cure", failure.hint);
  const time = new Date(failure.at * 1000).toLocaleTimeString();
  say("trouble-where",
    `${time} · ${failure.status} ${failure.code} · ${failure.path} · ${failure.request}`);
}

function showModels(models) {
  at("models").replaceChildren(...models.data.map(model => {
    const item = document.createElement("li"), id = document.createElement("code");
    id.textContent = model.id;
    const claude = (model.alias_of || model.id).startsWith("claude-");
    item.append(id, claude ? "" : " (not Claude)");
    return item;
  }));
}

function showClients({ clients }) {
  const tabs = clients.map((client, index) => {
    const item = document.createElement("li"), tab = document.createElement("button");
    Object.assign(tab, { type: "button", textContent: client.client });
    tab.setAttribute("role", "tab");
    item.setAttribute("role", "presentation");
    tab.onclick = () => choose(index);
    item.append(tab);
    return item;
  });
  const choose = index => {
    tabs.forEach((item, other) => (
      item.firstChild.setAttribute("aria-selected", String(other === index))
    ));
    say("client-steps", clients[index].steps);
    say("client-snippet", clients[index].snippet.trimEnd());
    say("client-mind", clients[index].mind || "");
  };
  at("clients").replaceChildren(...tabs);
  choose(0);
}

function copies(button, source) {
  at(button).onclick = async () => {
    // Browsers keep the clipboard from pages of other machines; then the words are selected.
    getSelection().selectAllChildren(at(source));
    const copied = navigator.clipboard
      ? await navigator.clipboard.writeText(at(source).textContent).then(() => true, () => false)
      : false;
    say(button, copied ? "Copied" : "Selected");
    setTimeout(() => say(button, "Copy"), 1500);
  };
}

async function look() {
  try {
    showHealth(await ask("/health"));
    const usage = await ask(`/usage?days=${DAYS}&recent=20`);
    days = usage.days;
    showToday(usage.today);
    showPlot();
    showRecent(usage.recent);
    showFailure(usage.last_failure);
  } catch (error) {
    showState(false, error instanceof TypeError
      ? "The bridge is not running. Start it with: claude-bridge" : error.message);
  }
}

async function lookAtModels() {
  showClients(await ask("/connect"));
  showModels(await ask("/v1/models"));
}

at("locked").onsubmit = event => {
  event.preventDefault();
  sessionStorage.setItem("key", at("key").value);
  look();
  lookAtModels();
};
say("base", base);
copies("copy-base", "base");
copies("copy-snippet", "client-snippet");
document.querySelectorAll("input[name=measure]").forEach(input => { input.onchange = showPlot; });
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(() => { if (!document.hidden) look(); }, 4000);
look();
lookAtModels().catch(error => console.warn(error.message));
