"""Collect a question over several phrases: “claude listen”, its words, “claude send”."""

from collections.abc import Callable

from talon import actions, scope

from ..core.extra_words import ExtraWords
from ..desktop.screen import notify
from ..voice.session import Session

MODE = "user.claude_listening"
LISTENING = "Listening. Pause as you like, then say “claude send” or “claude cancel”."
# Modes in which Talon would take the words for commands or type them.
OTHER_MODES = ("command", "dictation")


class ListeningCommands:
    """The commands of the mode in which every phrase is a part of the question."""

    # States: off, and listening (`_modes` has Talon's modes from before).
    # Inputs: `begin`, `hear` for each phrase, `send`, `cancel`, and `leave` after a reload.
    # Outputs: Talon's modes, the question to `ask`, and the words in the corner.

    def __init__(
        self, session: Session, ask: Callable[[str, str, str, str], None], stop: Callable[[], None]
    ) -> None:
        """Call `ask` with the whole question, and `stop` for “claude stop”."""
        self._session, self._ask, self._stop = session, ask, stop
        self._modes: list[str] = []
        self._words = ExtraWords()
        self._model = ""

    def begin(self, words: ExtraWords, model: str) -> None:
        """Take every phrase for a part of the question from now on."""
        self._session.clear_problem()
        self._words, self._model = words, model
        self._session.engine.attempt(self._enter)

    def hear(self, text: str, prefixes: list[str]) -> None:
        """Add a phrase to the question; “claude send” and the like may end the phrase."""
        endings = {"send": self.send, "cancel": self.cancel, "stop": self._stop}
        for prefix in prefixes:
            for word, command in endings.items():
                if f" {text}".endswith(f" {prefix} {word}"):
                    self._add(text[: -len(f"{prefix} {word}")])
                    command()
                    return
        self._add(text)

    def send(self) -> None:
        """Ask the question."""
        words = self._words
        self.leave()
        self._ask(words.text, words.source, words.destination, self._model)

    def cancel(self) -> None:
        """Forget the words."""
        self.leave()
        notify("Nothing was sent.")

    def leave(self) -> None:
        """Return to the modes from before; after a reload, to command mode."""
        if self.is_on:
            self._session.engine.attempt(self._restore_modes)
        self._modes, self._session.listening = [], ""
        self._session.update_corner()

    @property
    def is_on(self) -> bool:
        """Whether every phrase is a part of a question."""
        return MODE in (scope.get("mode") or ())

    def _restore_modes(self) -> None:
        # In this order, so that commands work even if one of the two fails.
        for mode in self._modes or ["command"]:
            actions.mode.enable(mode)
        actions.mode.disable(MODE)

    def _enter(self) -> None:
        active = scope.get("mode") or ()
        self._modes = [mode for mode in OTHER_MODES if mode in active]
        actions.mode.enable(MODE)
        self._show()
        notify(LISTENING)
        for mode in self._modes:
            actions.mode.disable(mode)

    def _add(self, text: str) -> None:
        words = self._words
        text = f"{words.text} {text}".strip()
        self._words = ExtraWords(words.source, words.destination, text)
        self._show()

    def _show(self) -> None:
        self._session.listening = f"Listening: {self._words.text}".strip(": ")
        self._session.update_corner()
