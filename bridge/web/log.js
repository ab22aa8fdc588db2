// The end of the bridge's log, while the section is open. Needs the control token.

import { setText } from "./text.js";
import { callBridge, token, watchSession } from "./token.js";

const SECONDS = 4;
const byId = id => document.getElementById(id);
let shown = "";

function isProblem({ level }) {
  return !["DEBUG", "INFO"].includes(level);
}

function buildLine(line) {
  const element = document.createElement("span");
  element.className = isProblem(line) ? (line.level === "WARNING" ? "warning" : "error") : "";
  element.textContent = `${line.at} ${line.level.padEnd(7)} ${line.logger}: ${line.message}\n`;
  return element;
}

function show({ file, hidden, lines }) {
  setText(byId("log-note"), hidden
    ? `The setting \`log_content\` lets the log quote messages, so it is not shown here. The file is \`${file}\`.`
    : `The last lines, without the details of exceptions. The whole log is \`${file}\`.`);
  const chosen = byId("log-problems").checked ? lines.filter(isProblem) : lines;
  byId("log-box").hidden = hidden;
  setText(byId("log-empty"), chosen.length || hidden ? "" : "No lines.");
  // Unchanged lines are left alone, so that a selection stays.
  if (JSON.stringify(chosen) === shown) return;
  shown = JSON.stringify(chosen);
  const box = byId("log-lines");
  const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  box.replaceChildren(...chosen.map(buildLine));
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

async function load() {
  if (!byId("log").open || !token()) return;
  try {
    show(await callBridge("/control/log?lines=200"));
  } catch (error) {
    setText(byId("log-note"), error.message);
  }
}

byId("log").ontoggle = load;
byId("log-problems").onchange = load;
setInterval(() => { if (!document.hidden) load(); }, SECONDS * 1000);
watchSession(() => {
  byId("log-locked").hidden = Boolean(token());
  byId("log-content").hidden = !token();
  if (!token()) byId("log-lines").replaceChildren();
  load();
});
