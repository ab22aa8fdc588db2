"""Texts that the user has Claude remember, and that go with every question."""

from typing import Optional

from ..core.plan import PICTURE_SOURCES, Plan
from ..desktop.screen import notify
from ..voice.session import Session
from ..voice.sources import SourceReader
from ..voice.task import Task

# About 50,000 tokens, sent again with each question.
MAX_CHARACTERS = 200_000
TOO_LONG = (
    f"Claude can remember {MAX_CHARACTERS:,} characters at most. Say “claude forget context” first."
)
PICTURES = "Only text can be remembered. Say “remember this”, “clip”, “all”, “line” or “reply”."


class Reading(Task):
    """Read one source, and add it to the context."""

    # States: waiting, reading (`_reader`), done. Inputs: time. Outputs: a text in
    # `session.context`, and one notification.

    def __init__(self, session: Session, source: str) -> None:
        """Read from the window that has the focus when the task begins."""
        super().__init__()
        self._session, self._source = session, source
        self._reader: Optional[SourceReader] = None

    def begin(self) -> None:
        """Start to read."""
        self._reader = SourceReader(self._source, self._session.read_last_answer())
        self._finish_when_read(self._reader)

    def advance(self, now: float) -> None:
        """Take what the app has copied."""
        if self._reader is not None:
            self._reader.advance(now)
            self._finish_when_read(self._reader)

    def end(self) -> None:
        """Restore the clipboard."""
        super().end()
        if self._reader is not None:
            self._reader.end()

    def _finish_when_read(self, reader: SourceReader) -> None:
        if not reader.done or self.done:
            return
        self.done = True
        session = self._session
        size = sum(map(len, session.context)) + len(reader.text)
        problem = reader.problem or (TOO_LONG if size > MAX_CHARACTERS else None)
        if problem is not None:
            session.report_problem(problem)
            return
        session.context += (reader.text,)
        notify(
            f"Claude remembers {size:,} characters. They go with every question until you say "
            "“claude forget context”."
        )


class ContextCommands:
    """The commands for the context; it is stored in memory until Talon exits."""

    def __init__(self, session: Session) -> None:
        """Use the session's queue and context."""
        self._session = session

    def remember(self, source: str) -> None:
        """Add the text of a source to the context."""
        session = self._session
        session.clear_problem()
        problem = session.find_problem(Plan("remember", source, "window"))
        if source in PICTURE_SOURCES:
            problem = PICTURES
        if problem is not None:
            session.report_problem(problem)
            return
        session.engine.add(Reading(session, source))

    def show(self) -> None:
        """Show what is remembered."""
        lines = [line for text in self._session.context for line in (*text.splitlines(), "")]
        self._session.show_text("Context", lines or ["Nothing is remembered."])

    def forget(self) -> None:
        """Send no more context."""
        was_set = bool(self._session.context)
        self._session.context = ()
        self._session.update_corner()
        notify("The context is forgotten." if was_set else "Nothing is remembered.")
