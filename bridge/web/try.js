// Try it: sends a message as a client does, streams the answer, and shows the same request as code.

import { readEvents } from "./events.js";
import { formatCount } from "./plot.js";
import { isTyping, showResult } from "./text.js";
import { credential } from "./token.js";

const PLACEHOLDER = "YOUR-ACCESS-KEY";
const byId = id => document.getElementById(id);
const base = location.origin + "/v1";
let key = PLACEHOLDER;
let language = "curl";
/** The request that is running, to stop it. */
let running = null;

function buildBody() {
  const content = byId("try-prompt").value || byId("try-prompt").placeholder;
  return { model: byId("try-model").value, messages: [{ role: "user", content }], stream: true };
}

/** Returns a text in single quotes for a shell. */
function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const LANGUAGES = {
  curl: body => [
    `curl -N ${base}/chat/completions \\`,
    `  -H ${quote(`Authorization: Bearer ${key}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quote(JSON.stringify(body))}`,
  ].join("\n"),
  // The texts of JSON are texts of Python, too.
  python: ({ model, messages }) => [
    "from openai import OpenAI", "",
    `client = OpenAI(base_url=${JSON.stringify(base)}, api_key=${JSON.stringify(key)})`,
    "stream = client.chat.completions.create(",
    `    model=${JSON.stringify(model)},`,
    `    messages=[{"role": "user", "content": ${JSON.stringify(messages[0].content)}}],`,
    "    stream=True,", ")",
    "for chunk in stream:",
    "    if chunk.choices:",
    '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
  ].join("\n"),
};

function showCode() {
  byId("try-code").textContent = LANGUAGES[language](buildBody());
  for (const tab of document.querySelectorAll("#try .tabs button")) {
    tab.setAttribute("aria-selected", String(tab.value === language));
  }
}

/** Lists the models that can be tried, and the key for the code; without Claude, the echo comes first. */
export function showTry(models, accessKey, isConnected) {
  key = accessKey || PLACEHOLDER;
  const list = byId("try-model"), chosen = list.value || (isConnected ? "default" : "bridge-echo");
  const ids = models.filter(model => model.type === "chat").map(model => model.id);
  list.replaceChildren(...ids.map(id => new Option(id, id)));
  if (ids.includes(chosen)) list.value = chosen;
  showCode();
}

async function send(signal) {
  const headers = { "Content-Type": "application/json" }, used = credential();
  if (used) headers.Authorization = `Bearer ${used}`;
  const body = { ...buildBody(), stream_options: { include_usage: true } };
  const response = await fetch("/v1/chat/completions", { method: "POST", headers, body: JSON.stringify(body), signal });
  if (!response.ok) throw new Error((await response.json()).error.message);
  const outcome = { started: performance.now(), first: null, usage: null, notice: response.headers.get("x-bridge-notice") };
  for await (const event of readEvents(response)) {
    if (event.error) throw new Error(event.error.message);
    const delta = event.choices?.[0]?.delta || {};
    outcome.usage = event.usage || outcome.usage;
    if (delta.reasoning_content) append("try-thinking-text", delta.reasoning_content);
    if (!delta.content) continue;
    outcome.first ??= performance.now();
    append("try-answer", delta.content);
  }
  return outcome;
}

function append(id, text) {
  const element = byId(id);
  const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  element.append(text);
  if (isAtEnd) element.scrollTop = element.scrollHeight;
  byId("try-thinking").hidden = !byId("try-thinking-text").textContent;
}

function describe({ usage, notice }, begun, first) {
  const seconds = milliseconds => `${(milliseconds / 1000).toFixed(2)} s`;
  const parts = first === null ? [] : [`First token ${seconds(first - begun)}`];
  parts.push(`total ${seconds(performance.now() - begun)}`);
  if (usage) {
    parts.push(`${formatCount(usage.prompt_tokens)} input and ${formatCount(usage.completion_tokens)} output tokens`);
  }
  return parts.join(" · ") + (notice ? `. Note: ${notice}` : "");
}

function setRunning(controller) {
  running = controller;
  byId("try-stop").hidden = !running;
  byId("try-send").disabled = Boolean(running);
  // A screen reader reads the whole answer at its end, not every word.
  byId("try-answer").setAttribute("aria-busy", String(Boolean(running)));
}

byId("try-form").onsubmit = async event => {
  event.preventDefault();
  if (running) return;
  const controller = new AbortController(), begun = performance.now();
  for (const id of ["try-answer", "try-thinking-text"]) byId(id).textContent = "";
  byId("try-thinking").hidden = true;
  showCode();
  setRunning(controller);
  showResult(byId("try-status"), "busy", "Waiting for the first token…");
  try {
    const outcome = await send(controller.signal);
    showResult(byId("try-status"), "good", describe(outcome, begun, outcome.first));
  } catch (error) {
    const isStopped = controller.signal.aborted;
    showResult(byId("try-status"), isStopped ? "" : "bad", isStopped ? "Stopped." : error.message);
  }
  setRunning(null);
};
byId("try-stop").onclick = () => running?.abort();
byId("try-prompt").oninput = byId("try-model").onchange = showCode;
byId("try-prompt").onkeydown = event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("try-form").requestSubmit();
};
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && !isTyping(event.target)) running?.abort();
});
for (const tab of document.querySelectorAll("#try .tabs button")) {
  tab.onclick = () => { language = tab.value; showCode(); };
}
