// The person's control token: the tray and `claude-bridge dashboard` give it behind the # of the
// address, where it goes to no server and no log. It is kept until this tab is closed.

const NAME = "control-token";

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem(NAME, given);
  history.replaceState(null, "", location.pathname + location.search);
}

export function token() {
  return sessionStorage.getItem(NAME);
}

/** Tells the bridge to do something; what it answers, or an Error with its words. */
export async function tell(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token() || ""}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error.message);
  return said;
}
