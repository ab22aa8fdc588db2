// A recorded request as code that sends it again.

const KEY = "YOUR-ACCESS-KEY";
const CALLS = {
  "/v1/chat/completions": ["chat.completions.create", ["model", "messages"]],
  "/v1/completions": ["completions.create", ["model", "prompt"]],
  "/v1/responses": ["responses.create", ["model", "input"]],
  "/v1/embeddings": ["embeddings.create", ["model", "input"]],
};

/** Returns a text in single quotes for a shell. */
function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function asCurl(detail) {
  return [
    `curl -gN ${location.origin}${quote(detail.path)} \\`,
    `  -H ${quote(`Authorization: Bearer ${KEY}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  --data-raw ${quote(detail.request_body)}`,
  ].join("\n");
}

/** Returns a value of JSON as Python writes it. */
function asLiteral(value, indent) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  // The texts of JSON are texts of Python, too.
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  const items = Array.isArray(value) ? value.map(item => asLiteral(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${asLiteral(item, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return items.length ? `${open}\n${items.map(item => `${inner}${item},\n`).join("")}${indent}${close}` : open + close;
}

export function asPython(detail) {
  let body;
  try {
    body = JSON.parse(detail.request_body);
  } catch {
    body = null;
  }
  const [name, known] = CALLS[detail.path] || ["post", []];
  const lines = ["from openai import OpenAI", "",
    `client = OpenAI(base_url=${JSON.stringify(`${location.origin}/v1`)}, api_key=${JSON.stringify(KEY)})`];
  if (body === null || typeof body !== "object" || name === "post") {
    const path = JSON.stringify(detail.path.replace(/^\/v1/, ""));
    return [...lines, `answer = client.post(${path}, cast_to=object, body=${asLiteral(body, "")})`, "print(answer)"].join("\n");
  }
  // The client sends `extra_body` as it is, so parameters that it does not know stay.
  const more = Object.fromEntries(Object.entries(body).filter(([key]) => key !== "stream" && !known.includes(key)));
  const given = [...known, "stream"].filter(key => key in body).map(key => `    ${key}=${asLiteral(body[key], "    ")},`);
  if (Object.keys(more).length) given.push(`    extra_body=${asLiteral(more, "    ")},`);
  const ending = body.stream ? ["for event in answer:", "    print(event)"] : ["print(answer)"];
  return [...lines, `answer = client.${name}(`, ...given, ")", ...ending].join("\n");
}
