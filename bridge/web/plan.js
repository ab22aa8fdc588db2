// What is left of the user's plan, who used it through the bridge, and consent to extra usage.

import { formatCount, formatDollars } from "./plot.js";
import { setText } from "./text.js";
import { callBridge, token } from "./token.js";

const LOW = 0.8, VERY_LOW = 0.95;
const DAY = 86_400;
const MOST_USERS = 5;
const EXTRA_USAGE = {
  unknown: "Not known yet.",
  off: "Off in your Claude account: when the plan is used up, requests fail until it resets.",
  available: "On in your Claude account; it costs money.",
  in_use: "In use: requests cost money beyond your plan.",
};
const SETTINGS = {
  ask: "The bridge refuses it until you agree.",
  allow: "The setting `extra_usage` allows it.",
  refuse: "The setting `extra_usage` refuses it.",
};
const DONE = {
  window: "Allowed until the plan resets.", always: "Always allowed.", no: "Not allowed any more.",
};
const byId = id => document.getElementById(id);
const articles = new Map();
let reload = async () => {};

/** Shows a list of elements, if the data that they show has changed. */
function replaceChildren(parent, data, build) {
  const shown = JSON.stringify(data);
  if (parent.dataset.shown === shown) return;
  parent.dataset.shown = shown;
  parent.replaceChildren(...data.map(build));
}

function create(name, className, ...content) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...content);
  return element;
}

function formatMoment(moment, now) {
  // As in the bridge's own words, which stand beside it.
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = moment - now < 6 * DAY ? { weekday: "short" } : { day: "numeric", month: "short" };
  return new Date(moment * 1000).toLocaleString([], moment - now < DAY ? time : { ...day, ...time });
}

function formatSpan(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60)), hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  if (hours === 0) return `${minutes} min`;
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

/** Returns `just now`, `1 minute ago`, `3 hours ago` or `2 days ago`. */
function formatAge(seconds) {
  const units = [["day", DAY], ["hour", 3600], ["minute", 60]];
  const unit = units.find(([, length]) => seconds >= length);
  if (!unit) return "just now";
  const count = Math.floor(seconds / unit[1]);
  return `${count} ${unit[0]}${count === 1 ? "" : "s"} ago`;
}

/** Returns what is shown of a window; the level is also a word, for users who see no colours. */
function describeWindow({ label, used, resets_at, empty_at }, now) {
  // Rounded down, as in the tray: it says 100 % only when everything is used.
  const percent = Math.floor(used * 100 + 1e-9);
  const [level, word] = used >= 1 ? ["full", "used up"] : used >= VERY_LOW ? ["full", "almost used up"]
    : used >= LOW ? ["low", "little left"] : ["", ""];
  const notes = [`Resets ${formatMoment(resets_at, now)}, in ${formatSpan(resets_at - now)}`];
  if (empty_at !== null) notes.push(`At this pace used up at ${formatMoment(empty_at, now)}`);
  return { label, percent, level, word, note: notes.join(". ") + "." };
}

function buildWindow({ label, percent, level, word, note }) {
  const fill = create("div", "");
  fill.style.width = `${Math.min(percent, 100)}%`;
  const meter = create("div", `meter ${level}`, fill);
  const amount = word ? `${percent} %, ${word}` : `${percent} %`;
  const values = { valuemin: 0, valuemax: 100, valuenow: Math.min(percent, 100), valuetext: amount, label };
  meter.setAttribute("role", "meter");
  for (const [name, value] of Object.entries(values)) meter.setAttribute(`aria-${name}`, value);
  const line = create("p", "bar", create("span", "", label),
    create("strong", `plan-used ${level}`, amount));
  return create("li", "", line, meter, create("p", "soft", note));
}

function describeConsent({ setting, agreement, agreed_until }, now) {
  if (agreement === "no") return SETTINGS[setting];
  return agreement === "always" ? "You always allow it." : `You allow it until ${formatMoment(agreed_until, now)}.`;
}

function describeExtraUsage(plan, now) {
  const { extra_usage, agreement } = plan;
  const isOpen = agreement !== "no" || ["available", "in_use"].includes(extra_usage);
  return isOpen ? `${EXTRA_USAGE[extra_usage]} ${describeConsent(plan, now)}` : EXTRA_USAGE[extra_usage];
}

function buildArticle(account) {
  const article = byId("plan-article").content.firstElementChild.cloneNode(true);
  for (const button of article.querySelectorAll("button")) {
    button.onclick = () => agree(button.value, account);
  }
  return article;
}

async function agree(agreement, account) {
  try {
    await callBridge("/control/extra-usage", { agreement, account });
    showResult("good", DONE[agreement]);
  } catch (error) {
    showResult("bad", error.message);
  }
  await reload();
}

function showResult(look, text) {
  byId("plan-result").className = `result ${look}`;
  setText(byId("plan-result"), text);
}

function showPlan(article, plan, isOnly, now) {
  const find = name => article.querySelector(`.plan-${name}`);
  find("account").hidden = isOnly;
  setText(find("account"), plan.account);
  replaceChildren(find("windows"), plan.windows.map(window => describeWindow(window, now)), buildWindow);
  // Without a window, the bridge's own words say why: it is unknown until an answer.
  setText(find("as-of"), plan.windows.length
    ? `As of ${formatAge(now - plan.as_of)}.` : `${plan.words[0].toUpperCase()}${plan.words.slice(1)}.`);
  setText(find("extra"), describeExtraUsage(plan, now));
  find("refusal").hidden = plan.refusal === null;
  setText(find("refusal"), plan.refusal || "");
  const canAllow = plan.refusal !== null && plan.setting === "ask", canStop = plan.agreement !== "no";
  for (const button of article.querySelectorAll("button")) {
    button.hidden = !token() || !(button.value === "no" ? canStop : canAllow);
  }
  find("locked").hidden = Boolean(token()) || !(canAllow || canStop);
}

/** Returns the rows of the table: each window's heading, its users, and how many are left out. */
function listUserRows(plans, users) {
  const windows = new Map(plans.flatMap(plan => plan.windows).map(({ name, label }) => [name, label]));
  return [...windows].flatMap(([name, label]) => {
    const all = users.filter(user => user.window === name);
    const shown = all.slice(0, MOST_USERS), rest = all.length - shown.length;
    if (shown.length === 0) return [];
    return [{ heading: label }, ...shown, ...(rest ? [{ rest: `and ${rest} more` }] : [])];
  });
}

function buildUserRow(row) {
  if (row.heading || row.rest) {
    const cell = create(row.heading ? "th" : "td", row.rest ? "soft" : "", row.heading || row.rest);
    cell.colSpan = 4;
    if (row.heading) cell.scope = "rowgroup";
    return create("tr", "", cell);
  }
  const numbers = [formatCount(row.requests), formatCount(row.tokens), formatDollars(row.cost)];
  return create("tr", "", create("td", "", row.client, " ", create("span", "plan-model soft", row.model)),
    ...numbers.map(text => create("td", "number", text)));
}

/** Shows which sign-in is used, if there are several; one is used at a time. */
function showSignIns({ sign_in: used, sign_ins: names = [] }) {
  byId("sign-in").hidden = names.length < 2;
  const choice = byId("sign-in-choice");
  replaceChildren(choice, names, name => new Option(name, name));
  choice.disabled = !token();
  choice.title = token() ? "" : "Read-only. Open this page from the tray menu or run claude-bridge dashboard.";
  // An open list is left alone.
  if (document.activeElement !== choice) choice.value = used;
}

byId("sign-in-choice").onchange = async ({ target }) => {
  const name = target.value;
  try {
    await callBridge("/control/switches", { sign_in: name });
    showResult("good", `The sign-in ${name} is used from the next request on.`);
  } catch (error) {
    showResult("bad", error.message);
    target.blur();
  }
  await reload();
};

/** Shows the plans of a usage report; `refresh` loads the report again after a change. */
export function showPlans({ plans = [], plan_users: users = [] }, health, refresh) {
  reload = refresh;
  showSignIns(health);
  byId("plan").hidden = plans.length === 0 && byId("sign-in").hidden;
  const now = Date.now() / 1000;
  for (const [account, article] of articles) {
    if (!plans.some(plan => plan.account === account)) { article.remove(); articles.delete(account); }
  }
  for (const plan of plans) {
    if (!articles.has(plan.account)) {
      articles.set(plan.account, buildArticle(plan.account));
      byId("plans").append(articles.get(plan.account));
    }
    const isOnly = plans.length === 1 && byId("sign-in").hidden;
    showPlan(articles.get(plan.account), plan, isOnly, now);
  }
  const rows = listUserRows(plans, users);
  byId("plan-users").hidden = rows.length === 0;
  replaceChildren(byId("plan-users").querySelector("tbody"), rows, buildUserRow);
}
