"""The commands for the questions that wait."""

from ..desktop.screen import notify
from ..voice.session import Session

NOTHING_WAITS = "No question waits."


class QueueCommands:
    """Show the queue, and remove questions from it."""

    def __init__(self, session: Session) -> None:
        """Use the session's queue."""
        self._session = session

    def show(self) -> None:
        """Show the current question and those that wait."""
        engine = self._session.engine
        current = [f"Now: {engine.current.title}"] if engine.current is not None else []
        waiting = [f"{place}: {title}" for place, title in enumerate(engine.list_waiting(), 1)]
        self._session.show_text("Queue", [*current, *waiting] or [NOTHING_WAITS])

    def drop(self) -> None:
        """Remove the question that was asked last and still waits."""
        title = self._session.engine.drop_last()
        notify(f"Dropped: {title}" if title else NOTHING_WAITS)
