// One recorded request: its views, and what can be copied of it.

import { buildAgain } from "./inspect_again.js";
import { asCurl, asPython } from "./inspect_copy.js";
import { buildEvents } from "./inspect_events.js";
import { block, copy, download, drawThumbnail, element, prettify, seconds, shorten, table } from "./inspect_parts.js";
import { formatCount, formatDollars } from "./plot.js";
import { showResult } from "./text.js";
import { callBridge } from "./token.js";

const FATES = {
  kept: "kept", renamed: "renamed", moved: "moved", changed: "changed", emulated: "emulated", set_aside: "ignored",
  used_here: "used here", added: "added",
};
const byId = id => document.getElementById(id);
let detail = null;
let view = 0;
/** The number of the request for a detail, so that a late answer is not shown. */
let asked = 0;
let loading = new AbortController();

// --- views

function fact(label, value) {
  return element("div", "", element("b", "", value), element("span", "soft", label));
}

function buildOverview() {
  const facts = element("div", "facts-grid",
    fact("status", detail.running ? "running" : String(detail.status)), fact("ended with", detail.outcome || "–"),
    fact("first chunk", seconds(detail.first_chunk_seconds)), fact("total", seconds(detail.seconds)),
    fact("input tokens", show(detail.input_tokens)), fact("read from the cache", show(detail.cache_read_tokens)),
    fact("written to the cache", show(detail.cache_write_tokens)), fact("output tokens", show(detail.output_tokens)),
    fact("at list prices", detail.cost === null ? "–" : formatDollars(detail.cost)));
  const parts = [facts];
  if (detail.reason) parts.push(element("p", "result bad", detail.reason));
  if (detail.rejected) parts.push(element("p", "soft", "The bridge rejected this request before it read the body."));
  else parts.push(...buildCache());
  if (detail.all_notices.length) {
    parts.push(element("h3", "", "Notices"),
      element("ul", "", ...detail.all_notices.map(notice => element("li", "", notice))));
  }
  const rows = detail.timeline.map(({ at, what }, index) => (
    [seconds(at), index ? `+${seconds(at - detail.timeline[index - 1].at)}` : "", what]));
  return [...parts, element("h3", "", "Time line"), table("Time line", ["Time", "Delta", "Step"], rows)];
}

function show(count) {
  return count === null ? "–" : formatCount(count);
}

function buildCache() {
  const { prefix, cache_miss_reason: reason } = detail;
  const parts = [element("h3", "", "Cache")];
  if (prefix) {
    parts.push(element("p", "", `Compared with request ${prefix.previous}: ${prefix.words}.`),
      element("p", "soft", "The same from the start: "
        + `${formatCount(prefix.same_bytes)} of the ${formatCount(prefix.earlier_bytes)} bytes of its prompt.`));
  } else {
    parts.push(element("p", "soft", "No earlier request of this conversation is recorded."));
  }
  if (reason) {
    const missed = reason.cache_missed_input_tokens;
    const tokens = missed === undefined ? "" : ` (${formatCount(missed)} input tokens were not read from it)`;
    parts.push(element("p", "", `Claude's own reason for a cache miss: ${shorten(reason.type ?? reason, 1000)}${tokens}`));
  }
  return parts;
}

function buildFields() {
  if (detail.fields_problem) return [element("p", "", detail.fields_problem)];
  const rows = detail.fields.map(field => [
    element("code", "", field.name),
    element("span", `fate ${field.fate}`, FATES[field.fate]),
    element("span", "value", field.fate === "added" ? "" : shorten(field.value)),
    element("div", "", ...field.targets.map(target => (
      element("div", "value", element("b", "", target.path), ` ${target.value === null ? "left out" : shorten(target.value)}`)))),
    element("div", "", ...field.notices.map(notice => element("div", "", notice))),
  ]);
  return [
    element("p", "soft", "Found by translating the request without each field. What changes then is where the field went."),
    table("Fields", ["Field", "What became of it", "Client's value", "In the request to Claude", "Reason"], rows),
  ];
}

function buildHeaders(headers, label) {
  return table(label, ["Header", "Value"], headers.map(({ name, value }) => [name, value]));
}

function buildRequest() {
  const pretty = element("input", ""), text = block(prettify(detail.request_body), "Body");
  Object.assign(pretty, { type: "checkbox", checked: true });
  pretty.onchange = () => { text.textContent = pretty.checked ? prettify(detail.request_body) : detail.request_body; };
  const parts = [element("p", "", element("label", "", pretty, " indented")), text];
  if (detail.images.length) parts.push(element("h3", "", "Images"), buildImages());
  return [...parts, element("h3", "", "Headers of the request"), buildHeaders(detail.request_headers, "Headers of the request"),
    element("h3", "", "Headers of the response"), buildHeaders(detail.response_headers, "Headers of the response")];
}

function buildImages() {
  return element("div", "thumbnails", ...detail.images.map(image => {
    const canvas = element("canvas", ""), label = `${image.placeholder} ${image.media_type}, ${formatCount(image.size)} bytes`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    if (image.thumbnail) drawThumbnail(canvas, image.thumbnail).catch(error => console.warn(error.message));
    return element("figure", "", canvas, element("figcaption", "soft", label));
  }));
}

function buildUpstream() {
  if (!detail.calls.length) return [element("p", "", "Nothing was sent to Claude.")];
  return detail.calls.flatMap((call, index) => {
    const number = detail.calls.length > 1 ? ` ${index + 1} of ${detail.calls.length}` : "";
    const title = `Request${number} to ${call.backend}`;
    const parts = [element("h3", "", title), block(prettify(call.body), title)];
    if (call.given) {
      parts.push(element("h3", "", "What Claude Code was given for it"), block(prettify(call.given), "What Claude Code was given"));
    }
    if (call.failure) parts.unshift(element("p", "result bad", call.failure));
    if (call.headers.length) parts.push(buildHeaders(call.headers, `Headers of ${title}`));
    return parts;
  });
}

function buildExport() {
  const keep = element("input", ""), whole = element("input", ""), button = element("button", "", "Save as a test case");
  keep.type = whole.type = "checkbox";
  button.type = "button";
  button.onclick = async () => {
    try {
      const content = keep.checked ? "kept" : "filler", scope = whole.checked ? "conversation" : "request";
      const made = await callBridge(`/inspect/exchanges/${detail.id}/case?content=${content}&scope=${scope}`);
      download(`exchange-${detail.id}.json`, `${JSON.stringify(made, null, 2)}\n`);
      showResult(byId("detail-result"), "good", "Saved. Put the file into `tests/inspect/cases/`, and the suite runs it.");
    } catch (error) {
      showResult(byId("detail-result"), "bad", error.message);
    }
  };
  return [element("h3", "", "Make a test of it"),
    element("p", "soft", "The case plays the recorded answers or failures, and fails when the requests to Claude or what the "
      + "client gets are no longer these. Texts are replaced by others of the same shape."),
    element("p", "", button, " ", element("label", "", keep, " keep the texts"), " ",
      element("label", "", whole, " with the earlier requests of this conversation"))];
}

const VIEWS = [
  ["Overview", buildOverview], ["Fields", buildFields], ["Request", buildRequest], ["To Claude", buildUpstream],
  ["Events", () => buildEvents(detail.events)],
  ["Again & test", () => [...buildAgain(detail), ...(detail.rejected ? [] : buildExport())]],
];

const tabs = VIEWS.map(([name], index) => {
  const tab = element("button", "", name);
  Object.assign(tab, { type: "button", id: `view-${index}`, onclick: () => openView(index) });
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", "view");
  return tab;
});
byId("views").append(...tabs);
byId("views").onkeydown = event => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  openView((view + step + VIEWS.length) % VIEWS.length);
  tabs[view].focus();
};

/** Opens a view of the exchange, by its index. */
export function openView(index) {
  view = index;
  tabs.forEach((tab, other) => {
    tab.setAttribute("aria-selected", String(other === index));
    tab.tabIndex = other === index ? 0 : -1;
  });
  byId("view").setAttribute("aria-labelledby", `view-${index}`);
  if (detail) byId("view").replaceChildren(...VIEWS[index][1]());
}

// --- the exchange

async function load(id) {
  const number = ++asked;
  // The server makes one detail at a time; those that were passed by are not waited for.
  loading.abort();
  loading = new AbortController();
  try {
    const loaded = await callBridge(`/inspect/exchanges/${id}`, undefined, "GET", loading.signal);
    if (number !== asked) return;
    detail = loaded;
    byId("detail-heading").textContent = `${detail.id}: ${detail.method} ${detail.path}${detail.query && `?${detail.query}`}`;
    byId("detail-summary").textContent = [detail.client, detail.key && `key ${detail.key}`, detail.backend,
      detail.request_id, detail.repeats && `sent again from ${detail.repeats}`].filter(Boolean).join(" · ");
    byId("detail").hidden = false;
    openView(view);
  } catch (error) {
    if (number === asked) showResult(byId("detail-result"), "bad", error.message);
  }
}

/** Shows an exchange; null closes what is shown. */
export async function showExchange(exchange) {
  showResult(byId("detail-result"), "", "");
  if (exchange) return load(exchange.id);
  asked += 1;
  detail = null;
  byId("detail").hidden = true;
  byId("view").replaceChildren();
}

/** Loads the shown exchange again when it has ended. */
export function updateExchange(exchange) {
  if (detail?.id === exchange.id && detail.running && !exchange.running) load(exchange.id);
}

async function loadWhole() {
  return detail.images.length ? callBridge(`/inspect/exchanges/${detail.id}?images=full`) : detail;
}

byId("copy-curl").onclick = async event => copy(event.target, asCurl(await loadWhole()));
byId("copy-python").onclick = async event => copy(event.target, asPython(await loadWhole()));
byId("copy-json").onclick = async event => copy(event.target, JSON.stringify(await loadWhole(), null, 2));
