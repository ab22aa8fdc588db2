// What is said about a key that was saved.

/** Returns the look of a result and its text, for the answer of `POST /control/keys`. */
export function describeSavedKey({ check, problem, kept_in: place, words }) {
  if (check === "accepted") return ["good", `Key works. Saved in ${place}.`];
  // Only Anthropic's keys are checked.
  if (!words) return ["good", `Saved in ${place}.`];
  return ["unchecked", `Saved, could not be checked: ${problem}. It is in ${place}.`];
}
