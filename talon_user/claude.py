"""The voice commands: ask Claude, stop it, and say where its answer goes on."""
# mypy: disable-error-code="misc, untyped-decorator"
# ruff: noqa: N805
# Talon's action classes have no self, and its decorators no types.

from typing import Any, Optional

from talon import Module, actions, app, settings, speech_system, ui

from .desktop import NO_WINDOW, focused_window, notify
from .handover import take_over
from .request import BadSetting, chat_request, parse_address
from .session import Session
from .sse_client import AnswerStream

mod = Module()
mod.list("claude_prefix", desc="The words that begin every command to Claude")
mod.setting(
    "claude_bridge_url",
    type=str,
    default="http://127.0.0.1:8000",
    desc="Where the bridge listens: a numeric address or localhost",
)
mod.setting(
    "claude_api_key", type=str, default="", desc="The bridge's key, when it was set up with one"
)
mod.setting(
    "claude_insert_mode",
    type=str,
    default="stream",
    desc="stream: prose as it comes, typed, line breaks pasted; lines: whole lines, pasted; "
    "at_end: one paste when the answer is whole",
)


class Voice:
    """The one session that may be going on, as the commands see it."""

    def __init__(self) -> None:
        """Begin with no session."""
        self._session: Optional[Session] = None

    def live(self) -> Optional[Session]:
        """Return the session that is going on, if any."""
        return None if self._session is None or self._session.over else self._session

    def ask(self, prompt: str) -> None:
        """Ask the bridge; an answer still going on is stopped first."""
        self.end()
        if not window_is_focused():
            return
        try:
            address = parse_address(settings.get("user.claude_bridge_url"))
            request = chat_request(address, settings.get("user.claude_api_key"), prompt)
        except BadSetting as problem:
            notify(str(problem))
            return
        self._session = Session(AnswerStream(address, request), insert_mode())

    def end(self) -> None:
        """End the session that is going on, if any."""
        session = self.live()
        if session:
            session.end()


voice = Voice()


def insert_mode() -> str:
    """Return how to insert into the focused app."""
    mode = str(settings.get("user.claude_insert_mode"))
    if mode in ("stream", "lines", "at_end"):
        return mode
    notify("Set user.claude_insert_mode to stream, lines or at_end; until then it is stream.")
    return "stream"


def window_is_focused() -> bool:
    """Tell whether there is a window to write into, and the user when there is none."""
    if focused_window() != NO_WINDOW:
        return True
    notify("Claude has nowhere to write: focus a window first.")
    return False


def live_session() -> Optional[Session]:
    """Return the session that is going on, or tell the user that there is none."""
    session = voice.live()
    if session is None:
        notify("Claude is not writing anything.")
    return session


@mod.capture(rule="<phrase>")
def claude_prompt(m: Any) -> str:
    """Return what the user said to Claude."""
    return " ".join(actions.dictate.parse_words(m.phrase))


@mod.action_class
class Actions:
    """What the voice commands do."""

    def claude_ask(prompt: str) -> None:
        """Ask Claude and insert the answer into the focused window as it arrives."""
        voice.ask(prompt)

    def claude_stop() -> None:
        """Stop the answer; what is inserted stays."""
        session = live_session()
        if session:
            session.stop()

    def claude_resume() -> None:
        """Go on inserting in the window that Claude was asked from."""
        session = live_session()
        if session:
            session.resume()

    def claude_here() -> None:
        """Go on inserting in the window that has the focus now."""
        session = live_session()
        if session and window_is_focused():
            session.move_here(insert_mode())


def on_focus(_window: Any) -> None:
    """Pause when the user goes to another window."""
    session = voice.live()
    if session:
        session.focus_changed()


def on_phrase_begins(phrase: dict[str, Any]) -> None:
    """Pause before a voice command runs."""
    session = voice.live()
    if session and phrase.get("phrase") and actions.speech.enabled():
        session.hold()


def on_phrase_ended(_phrase: dict[str, Any]) -> None:
    """Tell the user when the voice command left a pause."""
    session = voice.live()
    if session:
        session.mention_hold()


ui.register("win_focus", on_focus)
speech_system.register("pre:phrase", on_phrase_begins)
speech_system.register("post:phrase", on_phrase_ended)
app.register("ready", lambda: take_over(voice.end))
