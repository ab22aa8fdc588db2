"""The voice commands as Talon sees them: lists, captures, actions, and what Talon tells us."""
# mypy: disable-error-code="misc, untyped-decorator"
# ruff: noqa: N805
# Talon's action classes have no self, and its decorators no types.

from typing import Any

from talon import Module, actions, app, registry, speech_system, ui

from .voice import noises
from .voice.conversation import Conversation
from .voice.reload import take_over
from .voice.session import Desk

mod = Module()
mod.list("claude_prefix", desc="The words that begin every command to Claude")
mod.list("claude_prompt", desc="Prompts by name; a value may begin with [source, to destination]")
mod.list("claude_my_prompt", desc="Your own prompts by name, in a .talon-list of yours")
mod.list("claude_language", desc="Languages that Claude translates to")
mod.list("claude_source", desc="What a question is about")
mod.list("claude_destination", desc="Where an answer goes")
mod.list("claude_model_name", desc="Claude's models by spoken name, from the bridge")
mod.list("claude_my_model", desc="Your own names for models, in a .talon-list of yours")

desk = Desk()
conversation = Conversation(desk)


class Phrases:
    """Holds the insertion while the user speaks, and lets go when it was one of our commands."""

    def __init__(self) -> None:
        """Nothing has been said."""
        self._ours = False

    def begin(self, phrase: dict[str, Any]) -> None:
        """Pause before a voice command runs: it may move the caret."""
        self._ours = False
        if desk.engine.front is not None and phrase.get("phrase") and actions.speech.enabled():
            desk.engine.front.hold()

    def heard(self) -> Conversation:
        """Note that one of our commands runs."""
        self._ours = True
        return conversation

    def end(self, phrase: dict[str, Any]) -> None:
        """Go on after a command of ours, which moves nothing; else tell the user of the pause."""
        front = desk.engine.front
        if front is None:
            return
        if self._ours and _begins_with_prefix(phrase.get("phrase") or ()):
            front.release()
        front.mention_hold()
        desk.engine.wake()


phrases = Phrases()


def _begins_with_prefix(words: Any) -> bool:
    """Tell whether a phrase is all ours: our commands go on to its end."""
    said = " ".join(map(str, words)) + " "
    layers = registry.lists.get("user.claude_prefix", [])
    return any(said.startswith(f"{prefix} ") for layer in layers for prefix in layer)


@mod.capture(rule="<phrase>")
def claude_text(m: Any) -> str:
    """Return what the user said to Claude in their own words."""
    return " ".join(actions.dictate.parse_words(m.phrase))


@mod.capture(
    rule="{user.claude_prompt} | {user.claude_my_prompt} | translate to {user.claude_language}"
)
def claude_named_prompt(m: Any) -> str:
    """Return a prompt of ours or of the user's own list."""
    for name in ("claude_prompt", "claude_my_prompt"):
        if hasattr(m, name):
            return str(getattr(m, name))
    return f"[this, replace] Translate the text to {m.claude_language}. Keep its form."


@mod.capture(rule="{user.claude_model_name} | {user.claude_my_model}")
def claude_model(m: Any) -> str:
    """Return the id of a model of Claude's."""
    return str(m.claude_model_name if hasattr(m, "claude_model_name") else m.claude_my_model)


@mod.action_class
class Actions:
    """What the voice commands do."""

    def claude_ask(prompt: str, source: str = "", destination: str = "", model: str = "") -> None:
        """Ask Claude and insert the answer into the focused window as it arrives."""
        phrases.heard().ask(prompt, source, destination, model)

    def claude_prompt(
        prompt: str, source: str = "", destination: str = "", model: str = ""
    ) -> None:
        """Ask Claude what a line of a list of prompts says."""
        phrases.heard().prompt(prompt, source, destination, model)

    def claude_prompt_cursorless(
        prompt: str, target: Any, destination: Any = None, place: str = "", model: str = ""
    ) -> None:
        """Ask Claude about a Cursorless target, and put the answer in its place or elsewhere."""
        phrases.heard().prompt_cursorless(prompt, target, destination or None, place, model)

    def claude_prompt_to_cursorless(
        prompt: str, source: str, destination: Any, model: str = ""
    ) -> None:
        """Ask Claude, and put the answer at a Cursorless destination."""
        phrases.heard().prompt_to_cursorless(prompt, source, destination, model)

    def claude_shell(wish: str) -> None:
        """Ask Claude for one command line, and show it."""
        phrases.heard().shell(wish)

    def claude_insert_offered() -> None:
        """Write the command line that Claude has shown, without Enter."""
        phrases.heard().insert_offered()

    def claude_stop() -> None:
        """Stop Claude; what is inserted stays."""
        phrases.heard().stop()

    def claude_resume() -> None:
        """Go on inserting in the window that Claude was asked from."""
        phrases.heard().resume()

    def claude_here() -> None:
        """Go on inserting in the window that has the focus now."""
        phrases.heard().here()

    def claude_undo() -> None:
        """Take Claude's last text out again, if nobody has touched it."""
        phrases.heard().undo()

    def claude_retry(model: str = "") -> None:
        """Ask the last question again, and put the new answer in the place of the old one."""
        phrases.heard().retry(model)

    def claude_again_on(source: str) -> None:
        """Ask the last question again about something else."""
        phrases.heard().again_on(source)

    def claude_continue() -> None:
        """Have Claude go on where its last answer ended."""
        phrases.heard().go_on()

    def claude_new_thread() -> None:
        """Begin a new thread with the next question."""
        phrases.heard().new_thread()

    def claude_forget() -> None:
        """Have the bridge forget Claude's last answer."""
        phrases.heard().forget()

    def claude_history() -> None:
        """Show what was asked and answered of late."""
        phrases.heard().history()

    def claude_use(model: str) -> None:
        """Have this model answer from now on."""
        phrases.heard().use(model)

    def claude_models() -> None:
        """Show the models there are, by spoken name."""
        phrases.heard().models()

    def claude_computer(wish: str) -> None:
        """Let Claude use the computer, once the user has said yes."""
        phrases.heard().computer(wish)

    def claude_approve() -> None:
        """Say yes to what Claude wants to do."""
        phrases.heard().answer(True)

    def claude_deny() -> None:
        """Say no to what Claude wants to do."""
        phrases.heard().answer(False)

    def claude_help(words: str = "") -> None:
        """Show what can be said to Claude, or what of it has these words."""
        phrases.heard().help(words)

    def claude_doctor() -> None:
        """Check what the commands need, and show what to do."""
        phrases.heard().doctor()

    def claude_close() -> None:
        """Hide Claude's windows and the last error."""
        phrases.heard()
        desk.dismiss()


def on_focus(_window: Any) -> None:
    """Pause when the user goes to another window."""
    if desk.engine.front is not None:
        desk.engine.front.focus_changed()
        desk.engine.wake()


def on_ready() -> None:
    """Take over from a copy before a reload, and begin."""
    take_over(desk.engine.end)
    conversation.ready()
    noises.listen(lambda: desk.engine.front is not None, conversation.stop)


ui.register("win_focus", on_focus)
speech_system.register("pre:phrase", phrases.begin)
speech_system.register("post:phrase", phrases.end)
app.register("ready", on_ready)
