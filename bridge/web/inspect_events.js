// The events of both sides beside each other. Only the rows in view are in the document.

import { block, element, prettify, seconds } from "./inspect_parts.js";

const ROW_PIXELS = 28;
const SPARE_ROWS = 6;
/** Characters of a row: the browser lays out also those that are out of sight. */
const MOST_CHARACTERS = 150;

function summarize(text) {
  return describe(text).slice(0, MOST_CHARACTERS);
}

/** Returns what an event is: its type and its text. */
function describe(text) {
  if (text === null) return "";
  if (text.length > 20_000) return text.slice(0, MOST_CHARACTERS);
  let event;
  try {
    event = JSON.parse(text);
  } catch {
    return text;
  }
  if (event === null || typeof event !== "object") return text;
  const delta = event.delta ?? event.choices?.[0]?.delta ?? event.choices?.[0];
  const content = typeof delta === "string" ? delta : delta?.text ?? delta?.content ?? delta?.partial_json ?? delta?.thinking;
  const type = event.type ?? event.object ?? "";
  if (content) return `${type} ${JSON.stringify(content)}`;
  return type ? `${type} ${text}` : text;
}

/** Returns the list of events, and below it the chosen one in full. */
export function buildEvents(events) {
  const box = element("div", "events-box"), rows = element("div", "events-rows"), room = element("div", "");
  const shown = element("div", "two");
  let chosen = -1, isWaiting = false, drawn = new Map();
  room.style.height = `${events.length * ROW_PIXELS}px`;
  box.tabIndex = 0;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Events: time, delta, from Claude, to the client");
  box.append(room, rows);

  function buildRow(index) {
    const event = events[index], before = index ? events[index - 1].at : 0;
    const row = element("div", "", element("span", "", seconds(event.at)), element("span", "", `+${seconds(event.at - before)}`),
      element("span", "", summarize(event.upstream)), element("span", "", summarize(event.client)));
    row.id = `event-${index}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(index === chosen));
    row.setAttribute("aria-setsize", String(events.length));
    row.setAttribute("aria-posinset", String(index + 1));
    row.onclick = () => choose(index);
    return row;
  }

  /** Draws the rows in view; those that stay in view are used again. */
  function draw() {
    isWaiting = false;
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_PIXELS) - SPARE_ROWS);
    const last = Math.min(events.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_PIXELS) + SPARE_ROWS);
    rows.style.transform = `translateY(${first * ROW_PIXELS}px)`;
    const before = drawn;
    drawn = new Map();
    for (let index = first; index < last; index += 1) drawn.set(index, before.get(index) ?? buildRow(index));
    rows.replaceChildren(...drawn.values());
  }

  function choose(index) {
    chosen = Math.min(Math.max(index, 0), events.length - 1);
    const top = chosen * ROW_PIXELS;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW_PIXELS > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PIXELS - box.clientHeight;
    drawn.clear();
    draw();
    box.setAttribute("aria-activedescendant", `event-${chosen}`);
    const { upstream, client } = events[chosen];
    shown.replaceChildren(
      element("div", "", element("h3", "", "From Claude"), block(upstream === null ? "–" : prettify(upstream), "From Claude")),
      element("div", "", element("h3", "", "To the client"), block(client === null ? "–" : prettify(client), "To the client")),
    );
  }

  const page = () => Math.max(1, Math.floor(box.clientHeight / ROW_PIXELS) - 1);
  box.onkeydown = event => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page(), PageUp: -page(), Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    choose(chosen + steps[event.key]);
  };
  box.onscroll = () => {
    if (!isWaiting) requestAnimationFrame(draw);
    isWaiting = true;
  };
  // The box has a height only when it is on the page.
  requestAnimationFrame(draw);
  const count = element("p", "soft", `${events.length.toLocaleString()} events. Time since the request, and since the event before.`);
  return events.length ? [count, box, shown] : [element("p", "soft", "There are no events.")];
}
