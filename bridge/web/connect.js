// Connect your editor: what to paste into each program, and a button that writes it there.

import { setText, showResult } from "./text.js";
import { callBridge, token } from "./token.js";

const byId = id => document.getElementById(id);
const WAIT_MS = 3000;
let clients = [], programs = new Map(), chosen = 0, timer = 0;

/** Shows the clients of `GET /connect`; with a session, also what is connected. */
export async function showClients(connections) {
  clients = connections.clients;
  byId("clients").replaceChildren(...clients.map((_, index) => buildTab(index)));
  choose(Math.min(chosen, clients.length - 1));
  await refresh();
}

function buildTab(index) {
  const item = document.createElement("li"), tab = document.createElement("button");
  tab.type = "button";
  tab.setAttribute("role", "tab");
  item.setAttribute("role", "presentation");
  tab.onclick = () => choose(index);
  item.append(tab);
  return item;
}

function choose(index) {
  chosen = index;
  const client = clients[index];
  setText(byId("client-steps"), client.steps);
  byId("client-snippet").textContent = client.snippet.trimEnd();
  setText(byId("client-note"), [client.note, client.proved ? `Proved: ${client.proved}.` : "", `Facts: ${client.source}.`].filter(Boolean).join(" "));
  showResult(byId("client-result"), "", "");
  show();
}

/** Loads what is installed, written and proved; only a page with a session may know it. */
async function refresh() {
  if (token()) {
    try {
      const report = await callBridge("/control/connections");
      programs = new Map(report.programs.map(program => [program.name, program]));
    } catch (error) {
      showResult(byId("client-result"), "bad", error.message);
    }
  } else {
    programs = new Map();
  }
  show();
}

function show() {
  clients.forEach((client, index) => {
    const tab = byId("clients").children[index].firstChild;
    setText(tab, `${isProved(programs.get(client.name)) ? "✓ " : ""}${client.client}`);
    tab.setAttribute("aria-selected", String(index === chosen));
  });
  const client = clients[chosen], program = programs.get(client.name);
  // Some files are only for terminals, such as that of a project.
  const isWritable = client.writable && (!program || program.files.length > 0);
  byId("client-buttons").hidden = !isWritable;
  byId("client-locked").hidden = !isWritable || Boolean(token());
  byId("client-connect").disabled = byId("client-undo").disabled = !token();
  setText(byId("client-connect"), program?.written ? "Write again" : `Connect ${client.client}`);
  byId("client-undo").hidden = !program?.written;
  setText(byId("client-files"), program?.files.length ? `Writes ${program.files.join(", ")}.` : "");
  setText(byId("client-state"), program ? describe(program) : "");
  clearTimeout(timer);
  // A program that was just connected is ticked when its request comes.
  if (program?.written && !program.proof && !document.hidden) timer = setTimeout(refresh, WAIT_MS);
}

function isProved(program) {
  return Boolean(program?.proof && !program.proof.failed);
}

function describe({ proof, written, start, problem, installed }) {
  if (problem) return problem;
  if (proof?.failed) return `It reached the bridge, but got an error (\`${proof.outcome}\`).`;
  if (proof) {
    const offered = proof.tools ? `– ${proof.tools} tools offered, none called yet` : "– offers no tools";
    const tools = proof.tool_calls ? "✓ tools work" : offered;
    return `✓ asked as \`${proof.asked}\` · ✓ answered by \`${proof.answered}\` · `
      + `${proof.stream ? "✓ streaming" : "– not streamed"} · ${tools} · `
      + `${proof.version ? `version ${proof.version}, ` : ""}${formatTime(proof.at)}`;
  }
  if (written) return `Written, not connected yet: no request came from it. ${start}`;
  return installed ? `Installed: ${installed}` : "Not found on this computer.";
}

function formatTime(at) {
  const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return new Date(at * 1000).toLocaleString([], parts);
}

async function change(undo) {
  const { name } = clients[chosen];
  try {
    const program = await callBridge("/control/connections", { program: name, undo });
    programs.set(name, program);
    showResult(byId("client-result"), "good", program.results.join(" ") || "Nothing was written.");
  } catch (error) {
    showResult(byId("client-result"), "bad", error.message);
  }
  show();
}

byId("client-connect").onclick = () => change(false);
byId("client-undo").onclick = () => change(true);
document.addEventListener("visibilitychange", () => { if (!document.hidden && clients.length) show(); });
