// Bars by day, stacked by model: an SVG out of what GET /usage answers.

const WIDTH = 960, HEIGHT = 220, LEFT = 56, BOTTOM = 24, TOP = 10;
// Told apart with any colour sight, on light and on dark (Okabe and Ito, 2008).
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8f98"];

export const MEASURES = {
  tokens: {
    of: day => day.input_tokens + day.cache_write_tokens + day.cache_read_tokens + day.output_tokens,
    say: count => short(count),
  },
  cost: { of: day => day.cost, say: dollars },
  requests: { of: day => day.requests, say: count => short(count) },
};

export function short(count) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })
    .format(count);
}

export function dollars(cost) {
  const digits = cost > 0 && cost < 0.1 ? 4 : 2;
  return "$" + cost.toFixed(digits);
}

export function plot(usage, measure, days) {
  const { of, say } = MEASURES[measure];
  const models = ranked(usage, of);
  const sums = new Map(days.map(day => [day, new Map()]));
  for (const row of usage) {
    const sum = sums.get(row.day);
    if (sum) sum.set(row.model, (sum.get(row.model) || 0) + of(row));
  }
  const highest = Math.max(...[...sums.values()].map(sum => total(sum)), 0);
  const top = ceiling(highest);
  const box = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  box.append(title(`${measure} by day and model; the highest day has ${say(highest)}`));
  for (const part of [0, 0.5, 1]) box.append(...scaleLine(part, say(top * part)));
  days.forEach((day, at) => box.append(...bar(day, at, days, sums.get(day), models, top, say)));
  return [box, legend(models, say)];
}

function ranked(usage, of) {
  const sums = new Map();
  for (const row of usage) sums.set(row.model, (sums.get(row.model) || 0) + of(row));
  return [...sums].sort((one, other) => other[1] - one[1]).map(([model, sum], at) => (
    { model, sum, colour: COLOURS[Math.min(at, COLOURS.length - 1)] }
  ));
}

function total(sum) {
  return [...sum.values()].reduce((one, other) => one + other, 0);
}

function ceiling(highest) {
  if (highest <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map(factor => factor * step).find(round => round >= highest);
}

function height(value, top) {
  return (HEIGHT - TOP - BOTTOM) * value / top;
}

function scaleLine(part, words) {
  const y = HEIGHT - BOTTOM - height(part, 1);
  const text = element("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" });
  text.textContent = words;
  return [element("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y }), text];
}

function bar(day, at, days, sum, models, top, say) {
  const step = (WIDTH - LEFT) / days.length;
  const x = LEFT + at * step;
  let y = HEIGHT - BOTTOM;
  const parts = models.filter(one => sum.get(one.model)).map(one => {
    const value = sum.get(one.model), tall = height(value, top);
    y -= tall;
    const rect = element("rect", {
      x: x + step * 0.12, y, width: step * 0.76, height: Math.max(tall, 0.5), fill: one.colour,
    });
    rect.append(title(`${day} · ${one.model}: ${say(value)}`));
    return rect;
  });
  if ((days.length - 1 - at) % 5 === 0) {
    const text = element("text", {
      x: x + step / 2, y: HEIGHT - 6, "text-anchor": "middle",
    });
    text.textContent = day.slice(5);
    parts.push(text);
  }
  return parts;
}

function legend(models, say) {
  const list = document.createElement("ul");
  list.className = "legend";
  list.append(...models.map(one => {
    const item = document.createElement("li"), patch = document.createElement("i");
    patch.style.background = one.colour;
    item.append(patch, `${one.model} ${say(one.sum)}`);
    return item;
  }));
  return list;
}

function title(words) {
  const node = element("title", {});
  node.textContent = words;
  return node;
}

function element(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
