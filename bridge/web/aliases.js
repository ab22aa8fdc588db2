// The user's own names for models: listed for everyone, changed with the control token.

import { setText } from "./text.js";
import { callBridge, token } from "./token.js";

const PATH = "/control/model-aliases";
const byId = id => document.getElementById(id);
let aliases = [];
let reloadModels = async () => {};

function showResult(look, text) {
  byId("alias-result").className = `result ${look}`;
  setText(byId("alias-result"), text);
}

/** Returns what is to be known about a name besides the model it stands for, and whether that is bad. */
function describe(alias) {
  if (alias.problem) return [alias.problem, true];
  const notes = [];
  if (alias.answers !== alias.model) notes.push(`Answered by \`${alias.answers}\``);
  if (alias.setting && !alias.saved) notes.push("From the setting `model_aliases`");
  if (alias.setting && alias.saved) notes.push(`Replaces \`${alias.setting}\` of the setting \`model_aliases\``);
  return [notes.join(" · "), false];
}

function buildItem(alias) {
  const item = byId("alias").content.firstElementChild.cloneNode(true);
  const find = name => item.querySelector(`.alias-${name}`);
  const [note, isBad] = describe(alias);
  find("name").textContent = alias.name;
  find("model").textContent = alias.model;
  setText(find("note"), note);
  find("note").classList.toggle("bad", isBad);
  find("buttons").hidden = !token();
  find("change").setAttribute("aria-label", `Change ${alias.name}`);
  find("remove").setAttribute("aria-label", `Remove ${alias.name}`);
  find("change").onclick = () => edit(alias);
  // A name of the settings can be replaced here, but only be removed there.
  find("remove").hidden = !alias.saved;
  find("remove").onclick = () => remove(alias);
  return item;
}

function edit(alias) {
  byId("alias-name").value = alias ? alias.name : "";
  byId("alias-model").value = alias ? alias.model : "";
  byId("alias-name").readOnly = Boolean(alias);
  byId("alias-cancel").hidden = !alias;
  if (alias) byId("alias-model").select();
}

async function change(body, text) {
  try {
    aliases = (await callBridge(PATH, body)).aliases;
  } catch (error) {
    // What was typed stays, to be corrected.
    showResult("bad", error.message);
    return updateAliasControls();
  }
  edit(null);
  show();
  const changed = aliases.find(alias => alias.name === body.name.toLowerCase());
  showResult(changed?.problem ? "unchecked" : "good", text);
  await reloadModels();
}

function remove(alias) {
  return change({ name: alias.name, model: null }, alias.setting
    ? `Removed. \`${alias.name}\` stands for \`${alias.setting}\` again, as in the setting \`model_aliases\`.`
    : `Removed \`${alias.name}\`.`);
}

function show() {
  byId("alias-form").hidden = !token();
  byId("alias-locked").hidden = Boolean(token());
  byId("alias-list").replaceChildren(...aliases.map(buildItem));
}

/** Shows the names; `models` is the list of models, and `reload` loads it again after a change. */
export async function showAliases(models, reload) {
  reloadModels = reload;
  byId("alias-models").replaceChildren(...models.filter(model => model.type === "chat" && !model.alias_of)
    .map(model => Object.assign(document.createElement("option"), { value: model.id })));
  const own = models.filter(isOwn).map(model => (
    { name: model.id, model: model.alias_of, answers: model.alias_of }
  ));
  // Without a session the list of models has to do: it has no names that no model answers for.
  aliases = token() ? await callBridge(PATH).then(body => body.aliases, () => own) : own;
  show();
}

function isOwn(model) {
  return model.alias_of && model.owned_by === "claude-openai-bridge" && model.id !== "default";
}

/** Makes the section read-only when the session has ended. */
export function updateAliasControls() {
  if (byId("alias-form").hidden === Boolean(token())) show();
}

byId("alias-form").onsubmit = event => {
  event.preventDefault();
  const name = byId("alias-name").value.trim(), model = byId("alias-model").value.trim();
  change({ name, model }, `Saved. \`${name}\` now stands for \`${model}\`.`);
};
byId("alias-cancel").onclick = () => edit(null);
