// The API documentation, from this bridge's /openapi.json. An endpoint is built when it is opened.

const byId = id => document.getElementById(id);
const base = location.origin;
let api = null;

function create(name, className, ...content) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...content);
  return element;
}

/** Returns a text whose parts between backticks are code. */
function format(text) {
  return (text || "").split("`").map((part, index) => (index % 2 ? create("code", "", part) : part));
}

/** Returns each line of a list, such as "- `code`: what it means". */
function formatList(text) {
  return text.split("\n").map(line => create("div", "", ...format(line.replace(/^- /, ""))));
}

// --- types

function getTypeName(schema) {
  return schema.$ref?.split("/").pop();
}

/** Returns a type as parts: names, and links to the types of the document. */
function describeType(schema) {
  const name = getTypeName(schema);
  if (name) return [Object.assign(create("a", "", name), { href: `#type-${name}` })];
  const options = schema.anyOf || schema.oneOf;
  if (options) return joinParts(options.map(describeType), " or ");
  if ("const" in schema) return [create("code", "", JSON.stringify(schema.const))];
  if (schema.enum) return joinParts(schema.enum.map(value => [create("code", "", JSON.stringify(value))]), " or ");
  if (schema.type === "array") return ["list of ", ...describeType(schema.items || {})];
  if (schema.type === "object" && schema.additionalProperties?.type) {
    return ["object of ", ...describeType(schema.additionalProperties)];
  }
  return [schema.type || "anything"];
}

function joinParts(parts, separator) {
  return parts.flatMap((part, index) => (index ? [separator, ...part] : part));
}

function describeLimits(schema) {
  const limits = { minimum: "at least", maximum: "at most", minLength: "length at least", maxLength: "length at most",
    minItems: "items at least", maxItems: "items at most" };
  const options = [schema, ...(schema.anyOf || [])];
  return Object.entries(limits).flatMap(([name, words]) => (
    options.filter(option => name in option).map(option => `${words} ${option[name]}`)
  )).join(", ");
}

/** Returns a table of fields: `rows` have a name, a schema, a description and whether they are required. */
function buildTable(label, rows) {
  // Without a text in any row, there is no third column.
  const isExplained = rows.some(({ schema, text }) => text || (schema.default ?? null) !== null);
  const body = rows.map(({ name, schema, text, isRequired }) => {
    const limits = describeLimits(schema), type = create("td", "", ...describeType(schema));
    if (limits) type.append(create("span", "soft", ` (${limits})`));
    const fallback = schema.default ?? null;
    const notes = fallback === null ? [] : [create("span", "soft", " Default: "), create("code", "", JSON.stringify(fallback))];
    const title = create("td", "", create("code", "", name));
    if (isRequired) title.append(create("span", "soft", " required"));
    return create("tr", "", title, type, ...(isExplained ? [create("td", "", ...format(text), ...notes)] : []));
  });
  const head = create("tr", "", ...["Name", "Type", ...(isExplained ? ["Meaning"] : [])].map(text => create("th", "", text)));
  const box = create("div", "scroll", create("table", "", create("thead", "", head), create("tbody", "", ...body)));
  Object.assign(box, { tabIndex: 0 });
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return box;
}

function listFields(schema) {
  return Object.entries(schema.properties || {}).map(([name, field]) => ({
    name, schema: field, text: field.description, isRequired: (schema.required || []).includes(name),
  }));
}

/** Returns what a schema allows: a table of its fields, or its type in a line. */
function buildSchema(label, schema) {
  const name = getTypeName(schema), whole = name ? api.components.schemas[name] : schema;
  const fields = listFields(whole), content = whole.description ? [create("p", "", ...format(whole.description))] : [];
  if (fields.length) content.push(buildTable(label, fields));
  else if (!name || whole.anyOf || whole.oneOf) content.push(create("p", "", "Type: ", ...describeType(whole)));
  return content;
}

function buildType(name) {
  return buildDetails(`type-${name}`, [create("code", "", name)], () => buildSchema(name, api.components.schemas[name]));
}

// --- endpoints

/** Returns a `<details>` whose content is built when it is first opened. */
function buildDetails(id, summary, build) {
  const details = create("details", "", create("summary", "", ...summary));
  details.id = id;
  details.ontoggle = () => {
    if (details.open && details.childElementCount === 1) details.append(...build());
  };
  return details;
}

function buildExample(label, text) {
  const box = create("pre", "", text);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return create("div", "example", box);
}

function describeAccess({ security = [] }) {
  const names = security.flatMap(Object.keys);
  if (names.length === 0) return "Every program on this computer.";
  if (names.includes("key")) return "An access key, if the bridge requires one.";
  return "The control token of the user who runs the bridge, or an unlocked page.";
}

function buildCurl(method, path, operation) {
  const parts = [`curl -X ${method} ${base}${path}`];
  if (operation.security?.length) parts.push("-H 'Authorization: Bearer YOUR-KEY'");
  const example = operation.requestBody?.content["application/json"]?.example;
  if (example !== undefined) {
    const body = JSON.stringify(example, null, 2).replaceAll("'", "'\\''");
    parts.push("-H 'Content-Type: application/json'", `-d '${body}'`);
  }
  return parts.join(" \\\n  ");
}

function buildResponse(status, response, label) {
  const content = [create("h3", "", `Response ${status}`), create("p", "", ...format(response.description))];
  for (const [type, { schema, example }] of Object.entries(response.content || {})) {
    content.push(create("p", "soft", type));
    if (type !== "application/json" || !schema) continue;
    content.push(...buildSchema(`Response ${status} of ${label}`, schema));
    if (example !== undefined) {
      content.push(buildExample(`Example of response ${status} of ${label}`, JSON.stringify(example, null, 2)));
    }
  }
  return content;
}

/** Returns the errors in a table; all have the same format, which is one of the types. */
function buildErrors(errors, label) {
  if (errors.length === 0) return [];
  const rows = errors.map(([status, response]) => (
    create("tr", "", create("td", "", create("code", "", status)), create("td", "", ...formatList(response.description)))
  ));
  const schema = errors[0][1].content?.["application/json"]?.schema;
  const head = create("tr", "", create("th", "", "Status"), create("th", "", "When"));
  const box = create("div", "scroll", create("table", "", create("thead", "", head), create("tbody", "", ...rows)));
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `Errors of ${label}`);
  const type = schema ? [create("p", "", "Type: ", ...describeType(schema))] : [];
  return [create("h3", "", "Errors"), ...type, box];
}

function buildOperation(method, path, operation) {
  const label = `${method} ${path}`;
  const content = [create("p", "", create("span", "soft", "Who may call it: "), describeAccess(operation))];
  if (operation.description) content.push(create("p", "", ...format(operation.description)));
  content.push(buildExample(`${label} with curl`, buildCurl(method, path, operation)));
  if (operation.parameters?.length) {
    content.push(create("h3", "", "Parameters"), buildTable(`Parameters of ${label}`, operation.parameters.map(parameter => ({
      name: parameter.name, schema: parameter.schema || {}, isRequired: parameter.required,
      text: parameter.description || parameter.schema?.description || `In the ${parameter.in}.`,
    }))));
  }
  const body = operation.requestBody?.content["application/json"]?.schema;
  if (body) content.push(create("h3", "", "Request body"), ...buildSchema(`Request body of ${label}`, body));
  const responses = Object.entries(operation.responses), isError = ([status]) => Number(status) >= 400;
  for (const [status, response] of responses.filter(entry => !isError(entry))) {
    content.push(...buildResponse(status, response, label));
  }
  return [...content, ...buildErrors(responses.filter(isError), label)];
}

function listOperations() {
  return Object.entries(api.paths).flatMap(([path, methods]) => (
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
  ));
}

function buildGroup(tag, operations) {
  const rows = operations.map(({ method, path, operation }) => {
    const summary = [create("span", `method ${method}`, method), create("code", "", path), " ", ...format(operation.summary)];
    const details = buildDetails(operation.operationId, summary, () => buildOperation(method, path, operation));
    details.className = "operation";
    details.dataset.words = `${method} ${path} ${operation.summary}`.toLowerCase();
    return details;
  });
  return create("section", "", create("h2", "", tag), ...rows);
}

// --- the page

function filterOperations() {
  const words = byId("filter").value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const details of document.querySelectorAll(".operation")) {
    details.hidden = !words.every(word => details.dataset.words.includes(word));
    if (!details.hidden) count += 1;
  }
  for (const group of byId("groups").children) group.hidden = !group.querySelector(".operation:not([hidden])");
  byId("matches").textContent = byId("filter").value ? `${count} endpoint${count === 1 ? "" : "s"}` : "";
}

/** Returns what the address names; empty if it is misspelled, such as #100%. */
function readName() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** Opens what the address names, such as #create_chat_completion or #type-ChatRequest. */
function openNamed() {
  const details = document.getElementById(readName());
  if (details?.tagName !== "DETAILS") return;
  details.hidden = false;
  details.open = true;
  const list = details.closest("#types > details");
  if (list) list.open = true;
  details.scrollIntoView();
}

async function load() {
  api = await (await fetch("/openapi.json")).json();
  byId("intro").replaceChildren(...format(api.info.description), ` Version ${api.info.version}.`);
  const groups = Map.groupBy(listOperations(), ({ operation }) => operation.tags[0]);
  byId("groups").append(...[...groups].map(([tag, operations]) => buildGroup(tag, operations)));
  byId("type-list").append(...Object.keys(api.components.schemas).sort().map(buildType));
  byId("types").hidden = false;
  filterOperations();
  openNamed();
}

byId("base").textContent = `${base}/v1`;
byId("filter").oninput = filterOperations;
addEventListener("hashchange", openNamed);
load().catch(error => { byId("intro").textContent = `The API cannot be shown: ${error.message}`; });
