"""Move an answer that turns out to be long from the focused window to the answer window."""

from collections.abc import Callable
from typing import Optional

from ..core.journal import Entry
from ..desktop.screen import notify
from .task import Sink

MOVED = (
    "The answer has more than {limit} lines, so it is in Claude's window. Say “claude paste” to "
    "insert it."
)
MOVED_LATE = (
    "The answer has more than {limit} lines, so all of it is in Claude's window. Its beginning "
    "was already inserted, and stays unless you undo it. Say “claude paste” to insert the answer."
)


class LongAnswerSink(Sink):
    """A sink that inserts an answer until it has more than `limit` lines."""

    # States: inserting (`_panel` is None) and moved. How long an answer becomes is known only at
    # its end, and holding it back until then would give up streaming. So it is inserted as always.
    # Once too many lines have arrived, nothing more is inserted, and the panel gets the whole
    # answer. What has been inserted stays: it is the user's window, and undo may not reach it.
    # In the mode `at_end`, and while the insertion is paused, nothing was inserted by then.

    def __init__(
        self,
        inner: Sink,
        limit: int,
        may_move: Callable[[], bool],
        open_panel: Callable[[], Sink],
    ) -> None:
        """Insert with `inner`, or if it may move, show the answer with the sink of `open_panel`."""
        super().__init__()
        self.inner = self._inner = inner
        self._limit = limit
        self._may_move, self._open_panel = may_move, open_panel
        self._panel: Optional[Sink] = None
        self._pieces: list[str] = []
        self._lines, self._breaks = 1, 0

    @property
    def idle(self) -> bool:
        """Whether the answer is not moved, and only the user can continue."""
        return self._panel is None and self._inner.idle

    @property
    def pause_reason(self) -> str:
        """Why the insertion is paused, as a sentence, or empty."""
        return self._inner.pause_reason if self._panel is None else ""

    @property
    def entry(self) -> Optional[Entry]:
        """What was inserted into the focused window, if anything."""
        return self._inner.entry

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""
        self._pieces.append(piece)
        self._count_lines(piece)
        if self._panel is not None:
            self._panel.feed(piece)
        elif self._lines > self._limit and self._may_move():
            self._move_to_panel()
        else:
            self._inner.feed(piece)

    def finish(self) -> None:
        """Take the end of the answer."""
        (self._panel or self._inner).finish()

    def advance(self, now: float) -> None:
        """Advance both sinks: the first one still restores the clipboard after a move."""
        for sink in self._list_sinks():
            if not sink.done:
                sink.advance(now)
        self.done = all(sink.done for sink in self._list_sinks())

    def stop(self) -> None:
        """Stop both sinks."""
        for sink in self._list_sinks():
            sink.stop()
        self.done = all(sink.done for sink in self._list_sinks())

    def end(self) -> None:
        """End both sinks at once."""
        super().end()
        for sink in self._list_sinks():
            sink.end()

    def _list_sinks(self) -> list[Sink]:
        return [self._inner, *([self._panel] if self._panel is not None else [])]

    def _count_lines(self, piece: str) -> None:
        """Count lines with text; the breaks at the end of the answer do not begin another one."""
        body = piece.rstrip("\n")
        if body:
            self._lines += self._breaks + body.count("\n")
            self._breaks = 0
        self._breaks += len(piece) - len(body)

    def _move_to_panel(self) -> None:
        self._panel = self._open_panel()
        self._panel.feed("".join(self._pieces))
        sentence = MOVED if self._inner.entry is None else MOVED_LATE
        self._inner.stop()
        notify(sentence.format(limit=self._limit))
