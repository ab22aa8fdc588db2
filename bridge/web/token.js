// The person's control token. The tray and `claude-bridge dashboard` open the page with a ticket
// behind the # of its address, where it goes to no server and no log; it is good once, for a
// minute. The token is kept until this tab is closed.

const NAME = "control-token";

const ticket = new URLSearchParams(location.hash.slice(1)).get("ticket");
if (ticket) {
  history.replaceState(null, "", location.pathname + location.search);
  const answer = await fetch("/control/tickets/redeem", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket }),
  });
  const said = await answer.json();
  if (answer.ok) sessionStorage.setItem(NAME, said.token);
  else console.warn(said.error.message);
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
