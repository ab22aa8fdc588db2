// What the bridge has stored, and the button that deletes it. Needs the control token.

import { callBridge, token } from "./token.js";

const byId = id => document.getElementById(id);

function setText(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function describe(stored) {
  const kilobytes = Math.ceil(stored.actions_bytes / 1000);
  const parts = [
    `On disk: ${count(stored.responses_on_disk, "response")},`
      + ` ${count(stored.thinking_on_disk, "turn")} with thinking,`
      + ` ${kilobytes} KB log of computer use`
      + (stored.damaged_files.length ? `, ${count(stored.damaged_files.length, "damaged file")}` : "")
      + ` (in ${stored.folder}).`,
    `In memory until the bridge restarts: ${count(stored.responses_in_memory, "response")},`
      + ` ${count(stored.thinking_in_memory, "turn")} with thinking.`,
  ];
  return parts.join(" ");
}

/** Shows the problems with files that `/health` reports, and the counts if there is a token. */
export async function showStored(problems) {
  byId("stored-problems").replaceChildren(...problems.map(problem => {
    const item = document.createElement("li");
    item.textContent = problem;
    return item;
  }));
  byId("stored-delete").hidden = !token();
  if (!token()) return;
  try {
    setText("stored-counts", describe(await callBridge("/control/stored")));
  } catch (error) {
    setText("stored-counts", error.message);
  }
}

byId("stored-delete").onclick = async () => {
  const question = "Delete all stored responses and logged actions, and empty the log? "
    + "Conversations that continue a response start over. Usage records stay.";
  if (!confirm(question)) return;
  try {
    const report = await callBridge("/control/forget", { all: true });
    const deleted = `Deleted: ${count(report.responses, "response")},`
      + ` ${count(report.thinking, "turn")} with thinking,`
      + ` ${count(report.actions, "logged action")}, ${count(report.damaged_files, "damaged file")}.`;
    setText("stored-result", [deleted, ...report.failures.map(text => `Not deleted: ${text}`)].join(" "));
    setText("stored-counts", describe(await callBridge("/control/stored")));
  } catch (error) {
    setText("stored-result", error.message);
  }
};
