// Sends a recorded request again with changes: first the estimate, then both answers side by side.

import { block, element, seconds, table } from "./inspect_parts.js";
import { formatCount, formatDollars } from "./plot.js";
import { showResult } from "./text.js";
import { callBridge, credential } from "./token.js";

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const MOST_WORDS = 1500;

function choice(label, id, values) {
  const list = element("select", "");
  list.id = id;
  for (const [value, text] of values) list.add(new Option(text, value));
  return element("p", "", Object.assign(element("label", "", label), { htmlFor: id }), list);
}

function listTools(detail) {
  try {
    return (JSON.parse(detail.request_body).tools || []).map(tool => tool.function?.name || tool.name || tool.type);
  } catch {
    return [];
  }
}

async function offerModels(list) {
  const used = credential();
  const response = await fetch("/v1/models", used ? { headers: { Authorization: `Bearer ${used}` } } : {});
  if (!response.ok) return;
  for (const model of (await response.json()).data) {
    if (model.type === "chat" && model.id !== "default") list.add(new Option(model.id, model.id));
  }
}

function readChanges(form) {
  const value = id => form.querySelector(`#again-${id}`).value;
  const changes = {};
  for (const name of ["model", "effort", "backend"]) if (value(name)) changes[name] = value(name);
  if (value("tool")) changes.without_tool = value("tool");
  if (value("temperature") !== "") changes.temperature = Number(value("temperature"));
  return changes;
}

/** Returns the differences of two texts, word by word; too long ones are not compared. */
function compare(first, again) {
  const [before, after] = [first, again].map(text => text.split(/(\s+)/));
  if (before.length > MOST_WORDS || after.length > MOST_WORDS) return null;
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = before[i] === after[j]
        ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const parts = [];
  const add = (kind, text) => {
    if (parts.at(-1)?.kind === kind) parts.at(-1).text += text;
    else parts.push({ kind, text });
  };
  for (let i = 0, j = 0; i < before.length || j < after.length;) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      add("same", before[i]);
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      add("del", before[i]);
      i += 1;
    } else {
      add("ins", after[j]);
      j += 1;
    }
  }
  return parts;
}

function buildDifference(first, again) {
  const parts = compare(first, again);
  if (!parts) return element("p", "soft", "The answers are too long to be compared word by word.");
  if (parts.every(({ kind }) => kind === "same")) return element("p", "", "Both answers have the same text.");
  const box = element("p", "answer", ...parts.map(({ kind, text }) => (kind === "same" ? text : element(kind, "", text))));
  box.id = "again-difference";
  box.tabIndex = 0;
  return box;
}

function buildComparison({ first, again }) {
  const show = count => (count === null ? "–" : formatCount(count));
  const rows = [
    ["Exchange", first.id, again.id], ["Model", first.model || "–", again.model || "–"],
    ["Backend", first.backend || "–", again.backend || "–"], ["Ended with", first.outcome || "–", again.outcome || "–"],
    ["Input tokens", show(first.input_tokens), show(again.input_tokens)],
    ["Read from the cache", show(first.cache_read_tokens), show(again.cache_read_tokens)],
    ["Output tokens", show(first.output_tokens), show(again.output_tokens)],
    ["Total time", seconds(first.seconds), seconds(again.seconds)],
    ["At list prices", ...[first, again].map(({ cost }) => (cost === null ? "–" : formatDollars(cost)))],
    ["Notices", first.notices.join("; ") || "–", again.notices.join("; ") || "–"],
  ];
  return [
    table("Both answers", ["Figure", "First", "Again"], rows),
    element("h3", "", "Differences"), buildDifference(first.text, again.text),
    element("div", "two", element("div", "", element("h3", "", "First"), block(first.text, "The first answer")),
      element("div", "", element("h3", "", "Again"), block(again.text, "The new answer"))),
  ];
}

/** Returns the form; nothing is sent before the user has seen what it may cost. */
export function buildAgain(detail) {
  if (!detail.can_repeat) {
    return [element("h3", "", "Again"), element("p", "soft", detail.fields_problem || "This request cannot be sent again.")];
  }
  const same = ["", "as before"];
  const form = element("form", ""), status = element("p", "result"), results = element("div", "");
  const send = element("button", "primary", "Send it"), estimate = element("button", "", "Estimate the cost");
  const temperature = element("input", "");
  form.id = "again-form";
  Object.assign(temperature, { id: "again-temperature", type: "number", min: "0", max: "2", step: "0.1" });
  Object.assign(send, { type: "button", id: "again-send", hidden: true });
  status.setAttribute("role", "status");
  status.id = "again-status";
  results.id = "again-results";
  form.append(
    choice("Model", "again-model", [same]), choice("Effort", "again-effort", [same, ...EFFORTS.map(name => [name, name])]),
    choice("Backend", "again-backend", [["", "the active one"], ["anthropic", "Anthropic API"], ["claude-code", "Claude Code"]]),
    choice("Without the tool", "again-tool", [["", "with all"], ...listTools(detail).map(name => [name, name])]),
    element("p", "", Object.assign(element("label", "", "Temperature, really sent"), { htmlFor: temperature.id }), temperature),
    element("p", "", estimate, " ", send),
  );
  offerModels(form.querySelector("#again-model")).catch(error => console.warn(error.message));
  form.oninput = () => {
    send.hidden = true;
    showResult(status, "", "");
  };
  form.onsubmit = async event => {
    event.preventDefault();
    showResult(status, "busy", "Counting…");
    try {
      const answer = await callBridge(`/inspect/exchanges/${detail.id}/estimate`, readChanges(form));
      showResult(status, "unchecked", answer.words);
      send.hidden = false;
      send.focus();
    } catch (error) {
      showResult(status, "bad", error.message);
    }
  };
  send.onclick = async () => {
    send.hidden = true;
    showResult(status, "busy", "Waiting for the answer…");
    try {
      results.replaceChildren(...buildComparison(
        await callBridge(`/inspect/exchanges/${detail.id}/again`, readChanges(form))));
      showResult(status, "good", "Answered.");
    } catch (error) {
      showResult(status, "bad", error.message);
    }
  };
  const note = "The request is translated again and sent to Claude. Before that, you see what it may cost. "
    + "Your rules for requests do not hold here: what you choose is sent. Budgets hold.";
  return [element("h3", "", "Again"), element("p", "soft", note), form, status, results];
}
