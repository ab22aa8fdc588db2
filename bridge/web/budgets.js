// Bars for the budgets of the settings: what is spent, and what happens at the limit.

const byId = id => document.getElementById(id);

function buildItem({ dollars, spent, at_limit, words }) {
  const item = document.createElement("li"), line = document.createElement("p");
  const note = document.createElement("p"), bar = document.createElement("meter");
  line.textContent = words;
  const used = spent >= dollars;
  // The words say it, too, for users who cannot tell the colours of the bars apart.
  if (at_limit === "refuse") {
    note.textContent = used ? "Used up: requests are refused." : "At the limit, requests are refused.";
  } else {
    note.textContent = used ? `Used up: ${at_limit} answers.` : `At the limit, ${at_limit} answers.`;
  }
  note.className = used ? "bad" : "soft";
  // `low`, `high` and `optimum` choose the bar's colour: green, yellow above 80 %, red at the limit.
  Object.assign(bar, { min: 0, max: dollars, low: dollars * 0.8, high: dollars * 0.9999, optimum: 0, value: spent });
  bar.setAttribute("aria-label", words);
  item.append(line, bar, note);
  return item;
}

/** Shows the budgets of `/usage`; without any, the section is hidden. */
export function showBudgets(budgets) {
  byId("budgets").hidden = budgets.length === 0;
  // Unchanged ones are left alone, so that screen readers do not read them again.
  const shown = JSON.stringify(budgets);
  if (byId("budget-list").dataset.shown === shown) return;
  byId("budget-list").dataset.shown = shown;
  byId("budget-list").replaceChildren(...budgets.map(buildItem));
}
