"""Decide what to type, what to paste, and when, while an answer arrives."""

import itertools
from dataclasses import dataclass
from typing import Optional, Union

from .indent import Indenter
from .place import Place

# How long an app needs to process typed keys before the next step.
TYPE_SECONDS = 0.25
# Between parts of a text that is typed as single keys.
KEYS_SECONDS = 0.05
# A slow app reads the clipboard up to 450 ms after the paste key, and must still find our text.
PASTE_SECONDS = 0.5
# Some apps insert the closing half of these automatically, so text with them is pasted.
PAIRED = frozenset("()[]{}<>\"'`*_")
# Longer runs are pasted, or typed in parts: typing them at once would block speech recognition.
TYPE_LIMIT = 80


@dataclass(frozen=True)
class Type:
    """Type this text; it has no line break and no character that an app treats as a key."""

    text: str


@dataclass(frozen=True)
class Paste:
    """Paste this text."""

    text: str


Step = Union[Type, Paste]


@dataclass(frozen=True)
class Frame:
    """Text to insert before and after the answer; `replacing` when a selection is replaced.

    `indent` is put before each line of the answer, unless Claude has indented it.
    """

    before: str = ""
    after: str = ""
    replacing: bool = False
    indent: str = ""


NO_FRAME = Frame()


class Insertion:
    """One answer as typing and pasting steps, for one window at a time."""

    # States: receiving (more pieces may come), complete (`finish` or `discard` was called), done
    # (complete, and nothing is pending). In each of them it may also be `paused`, which only the
    # caller or `move_to` ends.
    #
    # A terminal gets spaces for line breaks. A place that may be a terminal gets the text up to the
    # first line break; then `needs_confirmation` is true until `update_place` knows better.
    #
    # Inputs: `feed` with pieces of the answer, `finish` at its end, `discard` when the user stops,
    # `check_focus` with the focused window, `move_to` with a new target window, `set_indent` before
    # the first step, `update_place` when more is known about the place.
    # Output: `take_step`, at most one step per call, and none before the app has had time for the
    # last one. `inserted` lists the text of all steps; joined with `pending` it is always the
    # answer so far, including its frame, except for line breaks that a terminal got as spaces.

    def __init__(self, window: int, mode: str, place: Place, frame: Frame = NO_FRAME) -> None:
        """Insert into `window`; `mode` is `stream`, `lines` or `at_end`."""
        self.window = window
        self.paused = False
        self.flattened = False
        self.moved = False
        self.inserted: list[str] = []
        self.pending = ""
        self._frame = frame
        self._mode = mode
        self._place = place
        self._indenter = Indenter(frame.indent)
        self._complete = False
        self._started = False
        self._next_step_at = float("-inf")

    @property
    def done(self) -> bool:
        """Whether the whole answer has been inserted."""
        return self._complete and not self.pending

    @property
    def ready(self) -> bool:
        """Whether there is text to insert, regardless of time and window."""
        return bool(self._find_allowed_text())

    @property
    def needs_confirmation(self) -> bool:
        """Whether the next text would run in a terminal, and the place may be one."""
        return self.ready and not self._find_ready_text()

    def feed(self, piece: str) -> None:
        """Add one piece of the answer."""
        if piece and not self._started:
            self.pending = self._frame.before
        self._started = self._started or bool(piece)
        self.pending += self._indenter.feed(piece)

    def finish(self) -> None:
        """Mark the answer as complete."""
        if self._started and not self._complete:
            self.pending += self._frame.after
        self._complete = True

    def set_indent(self, indent: str) -> None:
        """Indent the answer, of which nothing may have been inserted yet."""
        self._indenter = Indenter(indent)
        before = self._frame.before if self._started else ""
        self.pending = before + self._indenter.feed(self.pending[len(before) :])

    def update_place(self, place: Place) -> None:
        """Continue in a place that is known better now, and is no terminal."""
        self._place = place

    def discard(self) -> None:
        """Drop the pending text and end, because the user stopped."""
        self.pending, self._complete = "", True

    def check_focus(self, window: int) -> None:
        """Pause when the focused window is not the target window."""
        if window != self.window:
            self.paused = True

    def move_to(self, window: int, mode: str, place: Place) -> None:
        """Continue in `window`, unpaused."""
        self.moved = self.moved or (window != self.window and bool(self.inserted))
        self.window, self._mode, self._place, self.paused = window, mode, place, False

    def is_settled(self, now: float) -> bool:
        """Return whether the app has had time to process the last step."""
        return now >= self._next_step_at

    def take_step(
        self, now: float, window: int, type_limit: int = TYPE_LIMIT, key_limit: int = TYPE_LIMIT
    ) -> Optional[Step]:
        """Return the next step, if one is due, and count it as inserted.

        Text of more than `type_limit` characters is pasted, except in a terminal. With a
        `type_limit` of 0, a terminal gets single keys, at most `key_limit` in one step.
        """
        self.check_focus(window)
        if self.paused or not self.is_settled(now):
            return None
        text = self._find_ready_text()
        if not text:
            return None
        has_single_keys = self._place is Place.TERMINAL and type_limit <= 0
        if has_single_keys:
            text = text[:key_limit]
        self.pending = self.pending[len(text) :]
        if self._place is Place.TERMINAL:
            text = self._flatten(text)
        step = self._make_step(now, text, min(type_limit, TYPE_LIMIT))
        if has_single_keys and self.pending:
            self._next_step_at = now + KEYS_SECONDS
        self.inserted.append(text)
        return step

    def _find_ready_text(self) -> str:
        """Return the start of the pending text that may be inserted now."""
        text = self._find_allowed_text()
        if self._place is Place.TERMINAL:
            return text[:TYPE_LIMIT]
        if self._place is Place.UNSURE and not text.isprintable():
            return "".join(itertools.takewhile(str.isprintable, text))
        return text

    def _find_allowed_text(self) -> str:
        """Return the start of the pending text that the mode allows to insert now."""
        if self._complete:
            return self.pending
        if self._mode == "stream":
            return self._find_whole_words()
        if self._mode == "lines" and self._place is not Place.TERMINAL:
            return self.pending[: self.pending.rfind("\n") + 1]
        return ""

    def _find_whole_words(self) -> str:
        """Return the pending text up to its last space: the user may move the caret meanwhile."""
        end = max(map(self.pending.rfind, " \t\n")) + 1
        return self.pending[:end] if end or len(self.pending) <= TYPE_LIMIT else self.pending

    def _make_step(self, now: float, text: str, type_limit: int) -> Step:
        is_prose = self._mode == "stream" and _is_plain_typing(text)
        # The first text over a selection is pasted: a typed bracket would wrap the selection.
        is_replacing = self._frame.replacing and not self.inserted
        is_typed = is_prose and not is_replacing and len(text) <= type_limit
        # Ctrl-V does not paste in most terminals, so they get everything typed, in parts.
        is_typed = is_typed or self._place is Place.TERMINAL
        self._next_step_at = now + (TYPE_SECONDS if is_typed else PASTE_SECONDS)
        return Type(text) if is_typed else Paste(text)

    def _flatten(self, text: str) -> str:
        """Replace line breaks and control characters with spaces; a terminal would execute them."""
        flat = "".join(char if char.isprintable() else " " for char in text)
        self.flattened = self.flattened or flat != text
        return flat


def _is_plain_typing(text: str) -> bool:
    """Return whether every app inserts each typed character as it is."""
    return text.isprintable() and PAIRED.isdisjoint(text)
