// The user's rules for requests: shown, changed and tried with the control token.

import { setText } from "./text.js";
import { callBridge, token } from "./token.js";

const PATH = "/control/rules";
const PATTERNS = ["client", "key", "model"];
const CHANGES = ["profile", "use_model", "effort", "backend", "sign_in", "max_price", "computer"];
const byId = id => document.getElementById(id);
const getField = name => byId(`rule-${name.replace("_", "-")}`);
let reports = [];
/** The name of the saved rule in the form; null for a new one. */
let edited = null;

function showResult(id, look, text) {
  byId(id).className = `result ${look}`;
  setText(byId(id), text);
}

function listSaved() {
  return reports.filter(report => report.saved).map(report => report.rule);
}

/** Returns which requests a rule is for, in words. */
function describeWhen(rule) {
  const parts = PATTERNS.filter(name => rule[name] !== "*").map(name => `${name} ${rule[name]}`);
  return parts.join(", ") || "every request";
}

/** Returns what a rule changes, in words. */
function describeThen(rule) {
  const parts = [];
  if (rule.profile !== null) parts.push(`profile ${rule.profile}`);
  if (rule.use_model !== null) parts.push(`model ${rule.use_model}`);
  if (rule.effort !== null) parts.push(rule.effort === "none" ? "no thinking" : `effort ${rule.effort}`);
  if (rule.backend !== null) parts.push(`only ${rule.backend}`);
  if (rule.sign_in !== null) parts.push(`sign-in ${rule.sign_in}`);
  if (rule.max_price !== null) parts.push(`at most $${rule.max_price} per million output tokens`);
  if (rule.computer !== null) parts.push(rule.computer ? "with computer use" : "no computer use");
  return parts.join(", ");
}

function buildRow(report, index, savedCount) {
  const row = byId("rule").content.firstElementChild.cloneNode(true);
  const find = name => row.querySelector(`.rule-${name}`);
  const { rule } = report;
  find("name").textContent = rule.name;
  find("when").textContent = describeWhen(rule);
  find("then").textContent = describeThen(rule);
  setText(find("note"), report.problem || (report.saved ? "" : "From the settings"));
  find("note").classList.toggle("bad", Boolean(report.problem));
  find("buttons").hidden = !report.saved;
  const actions = {
    up: ["up", () => move(index, index - 1)],
    down: ["down", () => move(index, index + 1)],
    change: ["Change", () => edit(index)],
    remove: ["Remove", () => remove(index)],
  };
  for (const [name, [word, act]] of Object.entries(actions)) {
    const isMove = name === "up" || name === "down";
    find(name).setAttribute("aria-label", isMove ? `Move ${rule.name} ${word}` : `${word} ${rule.name}`);
    find(name).onclick = act;
  }
  find("up").disabled = index === 0;
  find("down").disabled = index === savedCount - 1;
  return row;
}

function show() {
  const savedCount = listSaved().length;
  byId("rule-list").replaceChildren(...reports.map((report, index) => buildRow(report, index, savedCount)));
  byId("rule-table").hidden = reports.length === 0;
  showCounts();
  showControls();
}

function showCounts() {
  document.querySelectorAll("#rule-list .rule-applied").forEach((cell, index) => {
    cell.textContent = String(reports[index].applied);
  });
}

function showControls() {
  byId("rule-controls").hidden = !token();
  byId("rule-locked").hidden = Boolean(token());
}

async function save(rules, text) {
  try {
    receive(await callBridge(PATH, { rules }));
  } catch (error) {
    // What was entered stays, to be corrected.
    showResult("rule-result", "bad", error.message);
    showControls();
    return false;
  }
  showResult("rule-result", "good", text);
  return true;
}

function receive(body) {
  setText(byId("rule-unreadable"), body.unreadable
    ? `The saved rules cannot be read, so requests are refused. Save them again: ${body.unreadable}` : "");
  const before = JSON.stringify(reports.map(withoutCount));
  reports = body.rules;
  // Rows that are the same stay, so that a button keeps the focus.
  if (JSON.stringify(reports.map(withoutCount)) !== before) show();
  else showCounts();
}

function withoutCount({ rule, saved, problem }) {
  return { rule, saved, problem };
}

async function move(from, to) {
  const rules = listSaved();
  rules.splice(to, 0, ...rules.splice(from, 1));
  const direction = to < from ? "up" : "down";
  edit(null);
  if (!await save(rules, `Moved ${rules[to].name} ${direction}.`)) return;
  const row = byId("rule-list").children[to];
  const button = row.querySelector(`.rule-${direction}`);
  (button.disabled ? row.querySelector(`.rule-${direction === "up" ? "down" : "up"}`) : button).focus();
}

async function remove(index) {
  const rules = listSaved(), [{ name }] = rules.splice(index, 1);
  edit(null);
  if (await save(rules, `Removed ${name}.`)) byId("rule-name").focus();
}

/** Puts a saved rule into the form to be changed; null empties the form for a new one. */
function edit(index) {
  const rule = index === null ? {} : reports[index].rule;
  edited = rule.name ?? null;
  byId("rule-name").value = rule.name || "";
  for (const name of PATTERNS) getField(name).value = rule[name] === "*" ? "" : rule[name] || "";
  for (const name of CHANGES) getField(name).value = String(rule[name] ?? "");
  byId("rule-cancel").hidden = index === null;
  byId("rule-save").textContent = index === null ? "Add rule" : "Save rule";
  if (index !== null) byId("rule-name").focus();
}

/** Returns the rule in the form; an empty field is left out. */
function readForm() {
  const rule = { name: byId("rule-name").value.trim() };
  for (const name of [...PATTERNS, ...CHANGES]) {
    const value = getField(name).value.trim();
    if (value === "") continue;
    if (name === "max_price") rule[name] = Number(value);
    else if (name === "computer") rule[name] = value === "true";
    else rule[name] = value;
  }
  return rule;
}

byId("rule-form").onsubmit = async event => {
  event.preventDefault();
  const rules = listSaved(), rule = readForm();
  // By its name: another page may have moved it, or removed it.
  const index = rules.findIndex(saved => saved.name === edited);
  const isNew = index < 0;
  rules.splice(isNew ? rules.length : index, isNew ? 0 : 1, rule);
  if (await save(rules, `${isNew ? "Added" : "Saved"} ${rule.name}.`)) edit(null);
};
byId("rule-cancel").onclick = () => edit(null);

byId("rule-test").onsubmit = async event => {
  event.preventDefault();
  const read = name => byId(`rule-test-${name}`).value.trim();
  try {
    const body = { client: read("client"), key: read("key"), model: read("model") };
    const result = await callBridge(`${PATH}/test`, body);
    showResult("rule-test-result", result.problem ? "bad" : "good", describeTest(result));
  } catch (error) {
    showResult("rule-test-result", "bad", error.message);
    showControls();
  }
};

/** Returns what a request would become, in words. */
function describeTest(result) {
  const rule = result.rule === null ? "No rule applies." : `The rule “${result.rule}” applies.`;
  if (result.problem) return `${rule} The request would be refused: ${result.problem}`;
  const parts = [`Model ${result.model}`, `backend ${result.backend}`];
  if (result.effort !== null) parts.push(result.effort === "none" ? "no thinking" : `effort ${result.effort}`);
  if (result.sign_in !== null) parts.push(`sign-in ${result.sign_in}`);
  if (result.computer) parts.push("with computer use");
  return `${rule} ${parts.join(", ")}.`;
}

function fillOptions(id, names) {
  const distinct = [...new Set(names)].filter(Boolean).sort();
  byId(id).replaceChildren(...distinct.map(value => Object.assign(document.createElement("option"), { value })));
}

/** Shows the rules and their counts; the names of clients, keys and sign-ins can be chosen. */
export async function showRules(usage, { sign_ins: signIns = [] }) {
  fillOptions("rule-sign-ins", signIns);
  fillOptions("rule-clients", usage.days.map(day => day.client));
  fillOptions("rule-keys", usage.keys.map(key => key.name));
  if (token()) {
    try {
      receive(await callBridge(PATH));
    } catch (error) {
      console.warn(error.message);
    }
  }
  showControls();
}
