// The last failure: it can be dismissed, and fades when a later request has succeeded.

import { setText } from "./text.js";

// Outcomes of a request that was answered.
const ANSWERED = ["stop", "length", "tool_calls", "function_call", "content_filter"];
const DISMISSED = "dismissed-failure";
const FADE_MILLISECONDS = 3000;
const byId = id => document.getElementById(id);
/** The failure that the box shows; null while it is hidden or fades. */
let shown = null;

/** Shows the last failure of a usage report, unless it is over or was dismissed. */
export function showFailure({ last_failure: failure, recent }) {
  const isOver = failure === null || localStorage.getItem(DISMISSED) === failure.request
    || recent.some(({ at, outcome }) => at > failure.at && ANSWERED.includes(outcome));
  if (isOver) return fade();
  shown = failure.request;
  byId("failure").classList.remove("over");
  byId("failure").hidden = false;
  setText(byId("failure-summary"), failure.summary);
  setText(byId("failure-hint"), failure.hint);
  const time = new Date(failure.at * 1000).toLocaleTimeString();
  setText(byId("failure-details"),
    `${time} · ${failure.status} ${failure.code} · ${failure.path} · ${failure.request}`);
}

function fade() {
  if (shown === null) return;
  shown = null;
  byId("failure").classList.add("over");
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  setTimeout(() => { if (shown === null) byId("failure").hidden = true; }, isStill ? 0 : FADE_MILLISECONDS);
}

byId("failure-dismiss").onclick = () => {
  localStorage.setItem(DISMISSED, shown);
  shown = null;
  byId("failure").hidden = true;
  byId("main").focus({ preventScroll: true });
};
