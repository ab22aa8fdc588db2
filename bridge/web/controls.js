// The switches of the status section: the default model, the backend, and pause.

import { showResult } from "./text.js";
import { callBridge, token } from "./token.js";

const byId = id => document.getElementById(id);
let isPaused = false;
let reload = async () => {};

/** Selects a value, adding it if the list lacks it; not while the user chooses. */
function select(list, value) {
  if (document.activeElement === list && !list.disabled) return;
  if (![...list.options].some(option => option.value === value)) list.add(new Option(value, value));
  list.value = value;
}

/** Lists the models that can be the default one. */
export function showModelChoice(models) {
  const list = byId("model-choice"), chosen = list.value;
  const ids = models.filter(model => model.type === "chat" && model.id !== "default" && model.id !== "bridge-echo")
    .map(model => model.id);
  if (chosen && !ids.includes(chosen)) ids.push(chosen);
  list.replaceChildren(...ids.map(id => new Option(id, id)));
  if (chosen) list.value = chosen;
}

/** Shows the switches that `/health` reports; `refresh` loads it again after a change. */
export function showSwitches(health, refresh) {
  reload = refresh;
  select(byId("model-choice"), health.model);
  select(byId("backend-choice"), health.backend.setting);
  byId("use-for-everything").checked = health.use_for_everything;
  isPaused = health.paused;
  byId("pause").textContent = isPaused ? "Resume requests" : "Pause requests";
  // The echo has one model only.
  byId("model-choice").disabled = !token() || health.backend.setting === "offline";
}

async function change(patch, text) {
  try {
    await callBridge("/control/switches", patch);
    showResult(byId("switch-result"), "good", text);
  } catch (error) {
    showResult(byId("switch-result"), "bad", error.message);
  }
  document.activeElement.blur?.();
  await reload();
}

byId("model-choice").onchange = () => {
  const model = byId("model-choice").value;
  change({ model }, `\`${model}\` answers from the next request on.`);
};
byId("backend-choice").onchange = () => {
  const list = byId("backend-choice"), name = list.selectedOptions[0].textContent;
  change({ backend: list.value }, `Backend: ${name}, from the next request on.`);
};
byId("use-for-everything").onchange = () => {
  const use_for_everything = byId("use-for-everything").checked;
  change({ use_for_everything }, use_for_everything
    ? "Used for every Claude model that a client requests." : "Clients get the Claude model that they request.");
};
byId("pause").onclick = () => change({ paused: !isPaused }, isPaused
  ? "Requests are answered again." : "Paused: new requests are refused until you resume them.");
