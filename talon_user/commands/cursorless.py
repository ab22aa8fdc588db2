"""Ask about Cursorless targets, and insert answers at Cursorless destinations."""

from collections.abc import Callable
from typing import Any, TypeVar

from talon import actions

from ..core.plan import NO_SOURCE, BadPrompt, NamedPrompt, Plan, build_plan, parse_prompt
from ..core.prompts import Material
from ..voice.question import collect_facts
from ..voice.session import Session
from ..voice.window_sink import find_window_problem

Result = TypeVar("Result")
SELECTING_DESTINATIONS = ("replace", "above", "below")
BUSY = "Claude is still writing. Wait, or say “claude stop” first."
SEVERAL = "One answer cannot replace several targets. Name one, or say “to window” or “to clip”."
KEPT = (
    "The answer is kept. Say “claude window open” to see it, or “claude insert” with another place."
)
NO_ANSWER = "There is no answer to insert."


class CursorlessFailed(Exception):
    """Cursorless could not do something; the message is a sentence for the user."""


class CursorlessCommands:
    """The commands with a target or a destination of Cursorless.

    Cursorless writes each request to a file, presses a key in the editor, and sleeps until the
    editor has replied, for up to 3 s. That is allowed in a spoken command only, so everything here
    is done inside one. Nothing of Cursorless is used later: a hat may then be on another word. So a
    target is read and selected at once, and before its text is replaced, it is copied again and
    compared like every selection. A destination is named when the answer is there.
    """

    def __init__(self, session: Session) -> None:
        """Use the session's queue, history and notifications."""
        self._session = session

    def ask(self, value: str, target: Any, destination: str, model: str) -> None:
        """Ask a prompt about a target; replace it if the prompt inserts by default."""
        session = self._session
        problem = BUSY if session.engine.current is not None else find_window_problem()
        if problem is not None:
            session.report_problem(problem)
            return
        try:
            plan = _build_target_plan(parse_prompt(value), destination, model)
            text = _read_target(target, plan)
        except (BadPrompt, CursorlessFailed) as failure:
            session.report_problem(str(failure))
            return
        material = Material(text, facts=collect_facts(plan.destination))
        session.ask(plan, material=material)

    def insert_answer(self, destination: Any) -> None:
        """Insert the last answer at a destination."""
        session = self._session
        last = session.history.last
        problem = BUSY if session.engine.current is not None else find_window_problem()
        if last is None or not last.answer.strip():
            problem = NO_ANSWER
        if problem is not None or last is None:
            session.report_problem(problem or NO_ANSWER)
            return
        session.clear_problem()
        text = last.delivered
        try:
            _call(lambda: actions.user.cursorless_insert(destination, text))
        except CursorlessFailed as failure:
            session.report_problem(f"{failure} {KEPT}")


def _build_target_plan(prompt: NamedPrompt, destination: str, model: str) -> Plan:
    """Return the plan for a target, which is selected if the answer goes to it or beside it."""
    replaces = prompt.destination in ("here", "replace") and prompt.source != NO_SOURCE
    place = destination or ("replace" if replaces else prompt.destination)
    source = "this" if place in SELECTING_DESTINATIONS else NO_SOURCE
    return build_plan(prompt, source, place, model)


def _read_target(target: Any, plan: Plan) -> str:
    """Return a target's text, and select the target if the plan needs it."""
    texts = _call(lambda: actions.user.cursorless_get_text_list(target))
    text = "\n".join(texts)
    if not text.strip():
        raise CursorlessFailed("That target is empty.")
    if plan.source == "this":
        if len(texts) > 1:
            raise CursorlessFailed(SEVERAL)
        _call(lambda: actions.user.cursorless_command("setSelection", target))
    return text


def _call(action: Callable[[], Result]) -> Result:
    """Call Cursorless; raise CursorlessFailed with the reason that it gives."""
    try:
        return action()
    except Exception as error:  # Cursorless raises no more specific one
        reason = str(error).rstrip(".") or type(error).__name__
        raise CursorlessFailed(f"Cursorless failed: {reason}.") from error
