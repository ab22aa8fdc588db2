// The session of this page. The tray and `claude-bridge dashboard` open the page (through a file and `open.js`) with a
// ticket after the # of its address, because browsers send that part to no server. The ticket can be redeemed once,
// within a minute, for a session token, which is stored until this tab is closed. It is not the user's control token:
// it ends with the server, so a program that takes the server's address later gets nothing of use from this page.

const NAME = "session";

const ticket = new URLSearchParams(location.hash.slice(1)).get("ticket");
if (ticket) {
  // Removed from the address, so that it is not in the browser's history or in a bookmark.
  history.replaceState(null, "", location.pathname + location.search);
  const response = await fetch("/control/tickets/redeem", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    // A ticket is for one page.
    body: JSON.stringify({ ticket, page: location.pathname }),
  });
  const body = await response.json();
  if (response.ok) sessionStorage.setItem(NAME, body.token);
  else console.warn(body.error.message);
}

export function token() {
  return sessionStorage.getItem(NAME);
}

/** Ends the session, here and in the server. */
export async function signOut() {
  try {
    await callBridge("/control/sign-out", {});
  } finally {
    sessionStorage.removeItem(NAME);
  }
}

/** Calls an endpoint with the token: POST with a body, else GET. Throws its error message. */
export async function callBridge(path, body, method = body === undefined ? "GET" : "POST") {
  const used = token();
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${used || ""}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  // The server was restarted, or it has ended the session: the page is read-only again.
  if (answer.error?.code === "forbidden" && token() === used) sessionStorage.removeItem(NAME);
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}
