// The approvals that wait for the user: their cards, the announcement, and the keys A and D.

import { isTyping } from "./text.js";
import { callBridge, token } from "./token.js";

const LEVEL_HELP = {
  view: "Deny this, and let Claude only look at the app.",
  click: "Mouse and keys, unless a step is risky.",
  everything: "Risky steps too, but for terminals, commands, passwords and starting programs.",
};
const TITLE = document.title;
// A key that was meant for something else must not approve a card that has just appeared.
const KEY_DELAY_MILLISECONDS = 1000;
const byId = id => document.getElementById(id);
/** The cards on the page by the ids of their approvals, the oldest first. */
const cards = new Map();

/** Shows in the title and the icon of the tab how many approvals wait. */
export function announceWaiting(count) {
  const title = count ? `(${count}) Claude needs your approval` : TITLE;
  if (document.title !== title) document.title = title;
  const icon = `/assets/icon${count ? "-alert" : ""}.svg`;
  if (byId("favicon").getAttribute("href") !== icon) byId("favicon").href = icon;
  if (!token()) byId("approval-box").hidden = count === 0;
  byId("approval-locked").hidden = Boolean(token());
}

function removeCard(id) {
  const element = cards.get(id)?.element;
  cards.delete(id);
  // With the card, the button that has the focus goes away.
  if (element?.contains(document.activeElement)) byId("main").focus({ preventScroll: true });
  element?.remove();
}

export function clearApprovals() {
  for (const id of [...cards.keys()]) removeCard(id);
  byId("approval-live").textContent = "";
  byId("approval-keys").hidden = true;
}

/** Shows a card for each approval; `act` runs a call and shows its error. */
export async function showApprovals(waiting, { act, afterLevel }) {
  for (const id of [...cards.keys()]) {
    if (!waiting.some(approval => approval.id === id)) removeCard(id);
  }
  for (const approval of waiting) {
    if (!cards.has(approval.id)) await addCard(approval, act, afterLevel);
    const card = cards.get(approval.id);
    if (!card) continue;
    const left = Math.max(0, Math.ceil(approval.expires_at - Date.now() / 1000));
    card.element.querySelector(".seconds-left").textContent = `Denied automatically in ${left} s`;
    card.element.querySelector(".more-time").hidden = !approval.can_extend;
  }
  byId("approval-box").hidden = cards.size === 0;
  byId("approval-keys").hidden = cards.size === 0;
  if (cards.size === 0) byId("approval-live").textContent = "";
}

async function addCard(approval, act, afterLevel) {
  const card = { approval, element: buildCard(approval, act, afterLevel), shownAt: Infinity };
  // Before the picture is there: the next second must not build the card again.
  cards.set(approval.id, card);
  if (approval.picture) await drawPicture(card.element.querySelector("canvas"), approval.picture);
  if (cards.get(approval.id) !== card) return;
  byId("approvals").append(card.element);
  card.shownAt = performance.now();
  const risks = approval.risks.length ? ` Risky: ${approval.risks.join(", ")}.` : "";
  byId("approval-live").textContent = `Claude needs your approval: ${approval.what.join("; ")}.${risks}`
    + " Press A to approve, D to deny.";
}

function buildCard(approval, act, afterLevel) {
  const card = byId("approval").content.cloneNode(true).firstElementChild;
  card.querySelector("h3").textContent = approval.about === "program"
    ? "A program asks to use this computer:" : `Request from ${approval.asked_by}:`;
  card.querySelector("ol").append(...approval.steps.map(buildStep));
  const risks = card.querySelector(".risks");
  risks.hidden = approval.risks.length === 0;
  risks.textContent = `Risky: ${approval.risks.join(", ")}.`;
  card.querySelector(".approve").onclick = () => act(() => decide(approval, true));
  card.querySelector(".deny").onclick = () => act(() => decide(approval, false));
  card.querySelector(".more-time").onclick = event => {
    event.target.hidden = true;
    act(() => callBridge(`/computer/approvals/${approval.id}/extend`, {}));
  };
  offerLevels(approval, card, level => (
    act(() => decide(approval, level !== "view", level)).then(afterLevel)
  ));
  return card;
}

/** Offers to remember a decision for the programs that the actions go to. */
function offerLevels({ apps, levels }, card, choose) {
  if (apps.length === 0) return;
  const box = card.querySelector(".remember");
  box.hidden = false;
  card.querySelector(".approve").textContent = "Allow once";
  box.querySelector("p").textContent =
    `From now on, in ${apps.map(({ name, path }) => `${name} (${path})`).join(" and ")}:`;
  for (const button of box.querySelectorAll("button")) {
    const { level } = button.dataset;
    button.hidden = !levels.includes(level);
    button.title = LEVEL_HELP[level];
    button.onclick = () => choose(level);
  }
}

/** Shows one action; a text has its own box, whole, with its length. */
function buildStep({ action, text, facts, window }) {
  const item = document.createElement("li");
  item.append(window ? `${action} in ${window}` : action);
  if (text) {
    const box = document.createElement("pre");
    box.className = "typed";
    box.tabIndex = 0;
    box.textContent = text;
    const note = document.createElement("p");
    note.className = "facts";
    note.textContent = facts;
    // The box has a height only when the card is on the page.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (box.scrollHeight > box.clientHeight) note.textContent = `${facts}. Scroll to read all of it.`;
    }));
    item.append(box, note);
  }
  return item;
}

/** Draws on a canvas, because an <img> cannot send the token that the picture requires. */
async function drawPicture(canvas, path) {
  const response = await fetch(path, { headers: { Authorization: `Bearer ${token()}` } });
  if (!response.ok) return;
  const picture = await createImageBitmap(await response.blob());
  Object.assign(canvas, { width: picture.width, height: picture.height, hidden: false });
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

async function decide({ id, digest }, approved, level = null) {
  // The digest of what this card shows: nothing else is approved.
  try {
    await callBridge(`/computer/approvals/${id}`, { approved, digest, level });
  } finally {
    removeCard(id);
    byId("approval-box").hidden = cards.size === 0;
  }
}


/** A approves and D denies the oldest approval, Esc stops; never while the user types. */
export function listenToKeys({ act, stop }) {
  document.addEventListener("keydown", event => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "Escape") return stop();
    const key = event.key.toLowerCase();
    const [card] = cards.values();
    if (!card || !token() || !["a", "d"].includes(key)) return;
    if (performance.now() - card.shownAt < KEY_DELAY_MILLISECONDS) return;
    event.preventDefault();
    act(() => decide(card.approval, key === "a"));
  });
}
