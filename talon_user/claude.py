"""The Talon side of the voice commands: lists, captures, actions and event handlers."""
# mypy: disable-error-code="misc, untyped-decorator"
# ruff: noqa: N805
# Talon's action classes have no self, and its decorators no types.

from collections.abc import Callable
from typing import Any

from talon import Module, actions, app, registry, speech_system, ui

from .core.extra_words import ExtraWords
from .core.phrases import is_only_ours
from .desktop.clipboard import take_restorer
from .desktop.traces import watch_clicks
from .voice import noises, options
from .voice.conversation import Conversation, list_rules
from .voice.reload import take_over
from .voice.session import Session

mod = Module()
mod.list("claude_prefix", desc="The first word of every command")
mod.list("claude_prompt", desc="Prompts by name; a value may begin with [source, to destination]")
mod.list("claude_my_prompt", desc="Your own prompts by name, from your own .talon-list")
mod.list("claude_language", desc="Languages for “translate to”")
mod.list("claude_source", desc="What a question is about")
mod.list("claude_destination", desc="Where an answer goes")
mod.list("claude_model_name", desc="Claude's models by spoken name, from the bridge")
mod.list("claude_my_model", desc="Your own names for models, from your own .talon-list")

mod.mode("claude_listening", desc="Every phrase is a part of a question to Claude")

session = Session()
conversation = Conversation(session)


class PhraseHandler:
    """Pause the insertion while the user speaks, and resume it after one of our commands."""

    # Talon emits `pre:phrase`, runs the commands of the phrase, and emits `post:phrase`. A command
    # may move the caret, so the insertion pauses before it and stays paused. Our own commands move
    # nothing: after a phrase that is only ours, the insertion resumes.

    def __init__(self) -> None:
        """Start between two phrases."""
        self._ran_our_command = self._was_heard = False

    def begin_phrase(self, phrase: dict[str, Any]) -> None:
        """Pause the insertion before a voice command runs."""
        self._ran_our_command = self._was_heard = False
        # Talon also reports speech that it ignores while it sleeps.
        if phrase.get("phrase") and actions.speech.enabled():
            session.engine.apply(lambda task: task.hold())

    def take_command(self) -> Conversation:
        """Record that the phrase runs one of our commands, and return the conversation."""
        self._ran_our_command = True
        return conversation

    def take_words(self) -> Conversation:
        """Record that the whole phrase is a part of a question, and return the conversation."""
        self._was_heard = True
        return conversation

    def end_phrase(self, phrase: dict[str, Any]) -> None:
        """Resume after a phrase of ours, or notify the user of the pause after another."""
        words = phrase.get("phrase") or ()
        if self._was_heard or (self._ran_our_command and _is_only_ours(words)):
            session.engine.apply(lambda task: task.release())
        session.engine.apply(lambda task: task.announce_pause())


phrases = PhraseHandler()


def _is_only_ours(words: Any) -> bool:
    """Return whether a phrase in which one of our commands ran has no other command in it."""
    return is_only_ours(" ".join(map(str, words)), _list_prefixes(), list_rules())


def _list_prefixes() -> list[str]:
    layers = registry.lists.get("user.claude_prefix", [])
    return [prefix for layer in layers for prefix in layer]


@mod.capture(rule="<phrase>")
def claude_text(m: Any) -> str:
    """Return the free text of a command."""
    return " ".join(actions.dictate.parse_words(m.phrase))


@mod.capture(
    rule="{user.claude_prompt} | {user.claude_my_prompt} | translate to {user.claude_language}"
)
def claude_named_prompt(m: Any) -> str:
    """Return a prompt from our list or the user's own, or the prompt for a translation."""
    for name in ("claude_prompt", "claude_my_prompt"):
        if hasattr(m, name):
            return str(getattr(m, name))
    return f"[this, replace] Translate the text to {m.claude_language}. Keep its form."


@mod.capture(rule="<user.claude_named_prompt> | (ask | please) <user.claude_text>")
def claude_target_prompt(m: Any) -> str:
    """Return a named prompt, or one in free words: “please” replaces the target, “ask” does not."""
    if hasattr(m, "claude_named_prompt"):
        return str(m.claude_named_prompt)
    if not str(m).startswith("please"):
        return f"[none, here] {m.claude_text}"
    code = ", code" if options.is_enabled("code_mode") else ""
    return f"[this, replace{code}] {m.claude_text}"


@mod.capture(rule="{user.claude_model_name} | {user.claude_my_model}")
def claude_model(m: Any) -> str:
    """Return a model id."""
    return str(m.claude_model_name if hasattr(m, "claude_model_name") else m.claude_my_model)


@mod.action_class
class Actions:
    """The actions of the voice commands; other packages may call them, too."""

    def claude_ask(prompt: str, source: str = "", destination: str = "", model: str = "") -> None:
        """Ask Claude and insert the answer into the focused window as it arrives."""
        phrases.take_command().ask(prompt, source, destination, model)

    def claude_prompt(
        prompt: str, source: str = "", destination: str = "", model: str = "", words: str = ""
    ) -> None:
        """Ask Claude a prompt from a prompt list, with additional words."""
        extra = ExtraWords(source, destination, words)
        phrases.take_command().prompts.ask_named(prompt, extra, model)

    def claude_please(text: str, source: str = "", destination: str = "", model: str = "") -> None:
        """Let Claude change the selection as the user says in free words."""
        extra = ExtraWords(source, destination)
        phrases.take_command().prompts.ask_please(text, extra, model)

    def claude_chain(
        prompt: str, source: str = "", destination: str = "", model: str = "", words: str = ""
    ) -> None:
        """Ask a prompt in Claude's last thread, by default about its last answer."""
        extra = ExtraWords(source, destination, words)
        phrases.take_command().prompts.chain(prompt, extra, model)

    def claude_chain_please(text: str, destination: str = "", model: str = "") -> None:
        """Let Claude change its last answer as the user says in free words."""
        extra = ExtraWords("", destination)
        phrases.take_command().prompts.chain_please(text, extra, model)

    def claude_apply_clip(source: str = "", destination: str = "", model: str = "") -> None:
        """Use the text on the clipboard as the prompt."""
        extra = ExtraWords(source, destination)
        phrases.take_command().prompts.apply_clipboard(extra, model)

    def claude_queue() -> None:
        """Show the questions that wait."""
        phrases.take_command().queue.show()

    def claude_drop() -> None:
        """Remove the question from the queue that was asked last."""
        phrases.take_command().queue.drop()

    def claude_listen(source: str = "", destination: str = "", model: str = "") -> None:
        """Take every phrase for a part of a question, until it is sent or cancelled."""
        extra = ExtraWords(source, destination)
        phrases.take_command().listening.begin(extra, model)

    def claude_hear(text: str) -> None:
        """Add a phrase to the question."""
        phrases.take_words().listening.hear(text, _list_prefixes())

    def claude_send() -> None:
        """Ask the question."""
        phrases.take_words().listening.send()

    def claude_cancel() -> None:
        """Forget the question."""
        phrases.take_words().listening.cancel()

    def claude_remember(source: str) -> None:
        """Remember the text of a source for the next questions."""
        phrases.take_command().context.remember(source)

    def claude_show_context() -> None:
        """Show what is remembered."""
        phrases.take_command().context.show()

    def claude_with_context() -> None:
        """Send what is remembered with the next question."""
        phrases.take_command().context.add_to_next()

    def claude_forget_context() -> None:
        """Forget what is remembered."""
        phrases.take_command().context.forget()

    def claude_that_was(hint: str, model: str = "") -> None:
        """Correct the last dictation in place."""
        phrases.take_command().prompts.correct_dictation(hint, model)

    def claude_prompt_cursorless(
        prompt: str, target: Any, destination: str = "", model: str = ""
    ) -> None:
        """Ask Claude about a Cursorless target, and replace it by default."""
        phrases.take_command().cursorless.ask(prompt, target, destination, model)

    def claude_insert_cursorless(destination: Any) -> None:
        """Insert Claude's last answer at a Cursorless destination."""
        phrases.take_command().cursorless.insert_answer(destination)

    def claude_shell(wish: str) -> None:
        """Ask Claude for one command line, and show it."""
        phrases.take_command().ask_for_command(wish)

    def claude_insert_offered() -> None:
        """Type the suggested command line, without Enter, or insert the snippet."""
        phrases.take_command().insert_suggestion()

    def claude_stop() -> None:
        """Stop Claude; inserted text stays."""
        phrases.take_command().stop()

    def claude_resume() -> None:
        """Continue inserting in the window that the question was asked from."""
        phrases.take_command().resume()

    def claude_here() -> None:
        """Continue inserting in the focused window."""
        phrases.take_command().move_here()

    def claude_undo() -> None:
        """Remove Claude's last text, if it has not been changed."""
        phrases.take_command().undo()

    def claude_retry(model: str = "") -> None:
        """Ask the last question again, and replace its answer."""
        phrases.take_command().retry(model)

    def claude_again_on(source: str) -> None:
        """Ask the last question again about another source."""
        phrases.take_command().ask_again_about(source)

    def claude_continue() -> None:
        """Ask Claude to continue its last answer."""
        phrases.take_command().continue_answer()

    def claude_new_thread() -> None:
        """Start a new thread with the next question."""
        phrases.take_command().start_thread()

    def claude_forget() -> None:
        """Delete Claude's last answer from the bridge."""
        phrases.take_command().forget_answer()

    def claude_history() -> None:
        """Show recent questions and answers."""
        phrases.take_command().show_history()

    def claude_use(model: str) -> None:
        """Use this model from now on."""
        phrases.take_command().use_model(model)

    def claude_models() -> None:
        """Reload the model list, and show the spoken names."""
        phrases.take_command().show_models()

    def claude_usage() -> None:
        """Show what is left of the user's Claude plan."""
        phrases.take_command().usage.show()

    def claude_allow_extra_usage() -> None:
        """Allow use beyond the plan, which costs money, until the plan resets."""
        phrases.take_command().usage.allow_extra()

    def claude_computer(wish: str) -> None:
        """Let Claude use the computer, after the user's approval."""
        phrases.take_command().use_computer(wish)

    def claude_approve() -> None:
        """Approve what Claude wants to do."""
        phrases.take_command().decide(True)

    def claude_deny() -> None:
        """Deny what Claude wants to do."""
        phrases.take_command().decide(False)

    def claude_help(words: str = "") -> None:
        """Show all commands, or those that contain these words."""
        phrases.take_command().show_help(words)

    def claude_doctor() -> None:
        """Check what the commands need, and show how to fix problems."""
        phrases.take_command().run_doctor()

    def claude_paste(block: int = 0) -> None:
        """Insert Claude's answer, or one of its blocks, at the cursor."""
        phrases.take_command().answers.paste(block)

    def claude_take(block: int = 0) -> None:
        """Insert Claude's answer, or one of its blocks, and close the window."""
        phrases.take_command().answers.paste(block, close=True)

    def claude_copy(block: int = 0) -> None:
        """Put Claude's answer, or one of its blocks, on the clipboard."""
        phrases.take_command().answers.copy(block)

    def claude_discard() -> None:
        """Drop the suggested shell command, or else Claude's answer."""
        phrases.take_command().answers.discard()

    def claude_window_open() -> None:
        """Show Claude's last answer."""
        phrases.take_command().answers.open()

    def claude_page(page: int) -> None:
        """Show a page of Claude's window."""
        phrases.take_command().answers.go_to_page(page)

    def claude_next_page() -> None:
        """Show the next page of Claude's window."""
        phrases.take_command().answers.turn_page(1)

    def claude_previous_page() -> None:
        """Show the previous page of Claude's window."""
        phrases.take_command().answers.turn_page(-1)

    def claude_notices() -> None:
        """Show the last notices."""
        phrases.take_command().answers.show_notices()

    def claude_speak() -> None:
        """Read Claude's answer aloud."""
        phrases.take_command().answers.speak()

    def claude_speak_notices() -> None:
        """Read the last notices aloud."""
        phrases.take_command().answers.speak_notices()

    def claude_close() -> None:
        """Hide Claude's windows and the last error."""
        phrases.take_command()
        session.close_windows()


def on_focus(_window: Any) -> None:
    """Pause the insertion when another window gets the focus."""
    session.engine.apply(lambda task: task.check_focus())


def end_copy() -> Callable[[], None]:
    """End all tasks before a reload, and return what restores the clipboard afterwards."""
    session.engine.end()
    return take_restorer()


def on_ready() -> None:
    """End the tasks of the copy before a reload, and start."""
    take_over(end_copy)
    watch_clicks()
    conversation.start()
    noises.stop_on_noise(lambda: session.engine.current is not None, conversation.stop)


ui.register("win_focus", on_focus)
speech_system.register("pre:phrase", phrases.begin_phrase)
speech_system.register("post:phrase", phrases.end_phrase)
# Settings can be read only after `ready`, which Talon also emits after a reload.
app.register("ready", on_ready)
