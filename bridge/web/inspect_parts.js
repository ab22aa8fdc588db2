// The parts of which the views of a recorded request are made; all texts are set as text.

import { token } from "./token.js";

export function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

/** Returns a table; each row is a list of texts or elements. */
export function table(label, heads, rows) {
  const head = element("tr", "", ...heads.map(text => element("th", "", text)));
  const body = rows.map(cells => element("tr", "", ...cells.map(cell => element("td", "", cell))));
  const made = element("table", "", element("thead", "", head), element("tbody", "", ...body));
  made.setAttribute("aria-label", label);
  return made;
}

/** Returns a text as indented JSON, if it is JSON. */
export function prettify(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function block(text, label) {
  const made = element("pre", "", text);
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
}

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  return value < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(3)} s`;
}

/** Returns a value in short, for a table. */
export function shorten(value, most = 200) {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** Draws a JPEG in base64 on a canvas: an image with its data in the address is forbidden here. */
export async function drawThumbnail(canvas, data) {
  const bytes = Uint8Array.from(atob(data), char => char.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
  Object.assign(canvas, { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

/** Downloads a text as a file. */
export function download(name, text) {
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function copy(button, text) {
  const before = button.textContent;
  const copied = navigator.clipboard ? await navigator.clipboard.writeText(text).then(() => true, () => false) : false;
  button.textContent = copied ? "Copied" : "Not copied";
  setTimeout(() => { button.textContent = before; }, 1500);
}

export function isLocked() {
  return !token();
}
