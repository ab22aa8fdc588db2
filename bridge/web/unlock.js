// The read-only state of a page that has no session: explained once, and ended with a code.

import { showResult } from "./text.js";
import { signOut, token, unlock, watchSession } from "./token.js";

const REASON = "Unlock this page first.";
const byId = id => document.getElementById(id);

/** Turns off what changes the bridge (`data-control`), with the reason, while the page is locked. */
function updateControls() {
  const isLocked = !token();
  byId("unlock").hidden = !isLocked;
  const button = byId("sign-out");
  if (button) button.hidden = isLocked;
  for (const control of document.querySelectorAll("[data-control]")) {
    control.disabled = isLocked;
    control.title = isLocked ? REASON : "";
    if (isLocked) control.setAttribute("aria-describedby", "unlock-reason");
    else control.removeAttribute("aria-describedby");
  }
}

byId("unlock-form").onsubmit = async event => {
  event.preventDefault();
  const result = byId("unlock-result");
  showResult(result, "busy", "Checking the code…");
  try {
    await unlock(byId("unlock-code").value.trim());
    byId("unlock-code").value = "";
    showResult(result, "", "");
    // The form is gone: the focus goes on to the page, which keyboards would otherwise lose.
    byId("main").focus({ preventScroll: true });
  } catch (error) {
    showResult(result, "bad", error.message);
    byId("unlock-code").select();
  }
};
if (byId("sign-out")) {
  byId("sign-out").onclick = () => signOut().catch(error => console.warn(error.message));
}
watchSession(updateControls);
