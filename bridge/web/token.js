// The session of this page. The tray and `claude-bridge dashboard` open the page (through a file and `open.js`) with a
// ticket after the # of its address, because browsers send that part to no server. The ticket can be redeemed once,
// within a minute, for a session token, which is stored until this tab is closed. A page that was opened by its plain
// address gets one for a code that the user types. It is not the user's control token: it ends with the server, so a
// program that takes the server's address later gets nothing of use from this page.

const NAME = "session";
const watchers = [];

const fragment = new URLSearchParams(location.hash.slice(1));
const ticket = fragment.get("ticket");
if (ticket) {
  // Removed from the address, so that it is not in the browser's history or in a bookmark. What remains is the place
  // on the page, such as #accounts.
  fragment.delete("ticket");
  const place = fragment.toString().replace(/=$/, "");
  history.replaceState(null, "", location.pathname + location.search + (place && `#${place}`));
  try {
    // A ticket is for one page.
    await redeem("/control/tickets/redeem", { ticket, page: location.pathname });
  } catch (error) {
    console.warn(error.message);
  }
}

async function redeem(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  sessionStorage.setItem(NAME, answer.token);
}

export function token() {
  return sessionStorage.getItem(NAME);
}

/** Returns the access key that the user typed, or the session; null if there is neither. */
export function credential() {
  return sessionStorage.getItem("key") || token();
}

/** Calls `watcher` now, and whenever the page gets or loses its session. */
export function watchSession(watcher) {
  watchers.push(watcher);
  watcher();
}

function tellWatchers() {
  for (const watcher of watchers) watcher();
}

/** Starts a session for a code that the user has typed. Throws the error message. */
export async function unlock(code) {
  await redeem("/control/codes/redeem", { code });
  tellWatchers();
}

/** Ends the session, here and in the server. */
export async function signOut() {
  try {
    await callBridge("/control/sign-out", {});
  } finally {
    sessionStorage.removeItem(NAME);
    tellWatchers();
  }
}

/** Calls an endpoint with the token: POST with a body, else GET. Throws its error message. */
export async function callBridge(path, body, method = body === undefined ? "GET" : "POST", signal = null) {
  const used = token();
  const response = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${used || ""}` },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  const answer = await response.json();
  // The server was restarted, or it has ended the session: the page is read-only again.
  if (answer.error?.code === "forbidden" && used && token() === used) {
    sessionStorage.removeItem(NAME);
    tellWatchers();
  }
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}
