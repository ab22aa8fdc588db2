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
