// How texts of the bridge are shown: as text, never as HTML.

/** Shows a text in an element; what the bridge puts between backticks is code. */
export function setText(element, text) {
  // An unchanged text is left alone, so that screen readers do not read it again.
  if (element.textContent === text.replaceAll("`", "")) return;
  element.replaceChildren(...text.split("`").map((part, index) => {
    if (index % 2 === 0) return part;
    return Object.assign(document.createElement("code"), { textContent: part });
  }));
}

/** Shows the result of an action; `look` is `good`, `bad`, `unchecked`, `busy` or empty. */
export function showResult(element, look, text) {
  element.className = `result ${look}`;
  setText(element, text);
}

export function capitalize(text) {
  return text && text[0].toUpperCase() + text.slice(1);
}

/** Returns whether a key that is pressed there is text, or chooses something. */
export function isTyping(target) {
  return Boolean(target.closest?.(
    "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]"));
}
