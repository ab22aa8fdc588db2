"""Texts that the user has Claude remember, and that go with every question."""

from ..core.plan import PICTURE_SOURCES, Plan
from ..core.prompts import Material
from ..desktop.screen import notify
from ..voice import options
from ..voice.history import Exchange
from ..voice.question import Question
from ..voice.session import Session

# About 50,000 tokens, sent again with each question.
MAX_CHARACTERS = 200_000
TOO_LONG = (
    f"Claude can remember {MAX_CHARACTERS:,} characters at most. Say “claude forget context” first."
)
NOTHING = "Nothing is remembered."
REMEMBERED = (
    "Claude remembers {size:,} characters. They go with every question until you say “claude "
    "forget context”."
)
REMEMBERED_FOR_LATER = (
    "Claude remembers {size:,} characters. They go with a question after “claude with context”."
)
PICTURES = "Only text can be remembered. Say “remember this”, “clip”, “all”, “line” or “reply”."


class Reading(Question):
    """Read one source like a question, and add it to the context instead of sending it."""

    def __init__(self, session: Session, source: str) -> None:
        """Read from the window that has the focus now."""
        exchange = Exchange(Plan("remember", source, "window"), Material(), "", 0.0)
        super().__init__(session, exchange, reply=session.read_last_answer)
        self._session = session

    def use_material(self, material: Material) -> None:
        """Add the text to the context."""
        self.end()
        session = self._session
        if material.pictures:
            session.report_problem(PICTURES)
            return
        size = sum(map(len, session.context)) + len(material.text)
        if size > MAX_CHARACTERS:
            session.report_problem(TOO_LONG)
            return
        session.context += (material.text,)
        is_always = options.is_enabled("context_always")
        notify((REMEMBERED if is_always else REMEMBERED_FOR_LATER).format(size=size))


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
        self._session.show_text("Context", lines or [NOTHING])

    def add_to_next(self) -> None:
        """Send the context with the next question, whatever the setting says."""
        if self._session.context:
            self._session.wants_context = True
        else:
            self._session.report_problem(NOTHING)

    def forget(self) -> None:
        """Send no more context."""
        was_set = bool(self._session.context)
        self._session.context, self._session.wants_context = (), False
        self._session.update_corner()
        notify("The context is forgotten." if was_set else NOTHING)
