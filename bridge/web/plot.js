// Draws the usage of GET /usage as an SVG: one bar per day, stacked by model.

const WIDTH = 960, HEIGHT = 220, LEFT = 56, BOTTOM = 24, TOP = 10;
// Distinguishable with any colour vision, on light and dark backgrounds (Okabe and Ito, 2008).
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8f98"];

export const MEASURES = {
  tokens: {
    value: day => day.input_tokens + day.cache_write_tokens + day.cache_read_tokens + day.output_tokens,
    format: count => formatCount(count),
  },
  cost: { value: day => day.cost, format: formatDollars },
  requests: { value: day => day.requests, format: count => formatCount(count) },
};

export function formatCount(count) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })
    .format(count);
}

export function formatDollars(cost) {
  const digits = cost > 0 && cost < 0.1 ? 4 : 2;
  return "$" + cost.toFixed(digits);
}

export function plot(usage, measure, days) {
  const { value, format } = MEASURES[measure];
  const models = rankModels(usage, value);
  const sums = new Map(days.map(day => [day, new Map()]));
  for (const row of usage) {
    const sum = sums.get(row.day);
    if (sum) sum.set(row.model, (sum.get(row.model) || 0) + value(row));
  }
  const highest = Math.max(...[...sums.values()].map(sum => addUp(sum)), 0);
  // The scale ends at a round number, so that its labels are short.
  const top = roundUp(highest);
  const box = buildElement("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  box.append(buildTitle(`${measure} by day and model; highest day ${format(highest)}`));
  for (const part of [0, 0.5, 1]) box.append(...buildScaleLine(part, format(top * part)));
  days.forEach((day, at) => box.append(...buildBar(day, at, days, sums.get(day), models, top, format)));
  return [box, buildLegend(models, format)];
}

function rankModels(usage, value) {
  const sums = new Map();
  for (const row of usage) sums.set(row.model, (sums.get(row.model) || 0) + value(row));
  return [...sums].sort((first, second) => second[1] - first[1]).map(([model, sum], at) => (
    { model, sum, colour: COLOURS[Math.min(at, COLOURS.length - 1)] }
  ));
}

function addUp(sum) {
  return [...sum.values()].reduce((first, second) => first + second, 0);
}

function roundUp(highest) {
  if (highest <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map(factor => factor * step).find(round => round >= highest);
}

function toPixels(value, top) {
  return (HEIGHT - TOP - BOTTOM) * value / top;
}

function buildScaleLine(part, label) {
  const y = HEIGHT - BOTTOM - toPixels(part, 1);
  const text = buildElement("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" });
  text.textContent = label;
  return [buildElement("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y }), text];
}

function buildBar(day, at, days, sum, models, top, format) {
  const step = (WIDTH - LEFT) / days.length;
  const x = LEFT + at * step;
  let y = HEIGHT - BOTTOM;
  const parts = models.filter(entry => sum.get(entry.model)).map(entry => {
    const value = sum.get(entry.model), tall = toPixels(value, top);
    y -= tall;
    const rect = buildElement("rect", {
      x: x + step * 0.12, y, width: step * 0.76,
      // At least half a pixel, so that a small value can be seen and pointed at.
      height: Math.max(tall, 0.5), fill: entry.colour,
    });
    rect.append(buildTitle(`${day} · ${entry.model}: ${format(value)}`));
    return rect;
  });
  // Every fifth day has a label, counted from today: more would overlap.
  if ((days.length - 1 - at) % 5 === 0) {
    const text = buildElement("text", {
      x: x + step / 2, y: HEIGHT - 6, "text-anchor": "middle",
    });
    text.textContent = day.slice(5);
    parts.push(text);
  }
  return parts;
}

function buildLegend(models, format) {
  const list = document.createElement("ul");
  list.className = "legend";
  list.append(...models.map(entry => {
    const item = document.createElement("li"), patch = document.createElement("i");
    patch.style.background = entry.colour;
    item.append(patch, `${entry.model} ${format(entry.sum)}`);
    return item;
  }));
  return list;
}

function buildTitle(text) {
  const node = buildElement("title", {});
  node.textContent = text;
  return node;
}

function buildElement(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
