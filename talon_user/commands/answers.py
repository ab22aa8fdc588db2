"""The commands about answers that were given: paste, copy, turn pages, read aloud, discard."""

import time
from typing import Optional

from ..core.answer_text import AnswerText
from ..core.journal import Entry
from ..core.plan import Plan
from ..core.prompts import Material
from ..desktop.screen import notify, recent_notices
from ..desktop.speech import find_voice
from ..voice.answer_tasks import AnswerPart, CopyAnswer, PasteAnswer, ShowAnswer
from ..voice.history import Exchange
from ..voice.question import Question
from ..voice.session import NO_VOICE, Session
from ..voice.sinks import SpeechSink
from ..voice.window_sink import find_window_problem

NO_ANSWER = "There is no answer yet. Say “claude ask” and your question."
NO_WINDOW_HERE = "No window can be shown here. Say “claude paste” or “claude copy”."


class AnswerCommands:
    """One method per command; each reports what it cannot do, and why."""

    def __init__(self, session: Session) -> None:
        """Use the session's engine and answer window."""
        self._session = session
        self._window = session.answer_window

    def paste(self, block: int, close: bool = False) -> None:
        """Insert the answer, or one of its blocks, at the cursor; then `close` the window."""
        answer = self._find_answer()
        problem = find_window_problem() if answer is not None else None
        if problem is not None:
            self._session.report_problem(problem)
        elif answer is not None:
            self._session.engine.add(self._create_paste(AnswerPart(answer, block), close))

    def copy(self, block: int) -> None:
        """Put the answer, or one of its blocks, on the clipboard."""
        answer = self._find_answer()
        if answer is not None:
            part = AnswerPart(answer, block)
            self._session.engine.add(CopyAnswer(part, self._session.report_problem))

    def discard(self) -> None:
        """Drop the suggested shell command, or else the answer, and close the window."""
        self._session.clear_problem()
        if self._window.suggestion:
            self._session.close_windows()
            notify("The suggested command is discarded.")
            return
        task = self._session.engine.current
        if isinstance(task, Question) and task.exchange.shown and task.exchange.answer:
            self._session.engine.apply(lambda task: task.stop())
        if self._window.discard():
            notify("The answer is discarded.")
        else:
            self._session.report_problem("There is no answer to discard.")

    def open(self) -> None:
        """Show the last answer again, from its start."""
        answer = self._find_answer()
        if answer is not None and not self._window.can_show:
            self._session.report_problem(NO_WINDOW_HERE)
        elif answer is not None:
            self._session.engine.run_in_background(ShowAnswer(self._window, answer))

    def go_to_page(self, page: int) -> None:
        """Show a page of the window."""
        self._report(self._window.go_to_page(page))

    def turn_page(self, pages: int) -> None:
        """Show the next page, or with -1 the previous one."""
        self._report(self._window.turn_page(pages))

    def show_notices(self) -> None:
        """Show the last notices, newest first."""
        self._session.show_text("Recent notices", _list_notices())

    def speak(self) -> None:
        """Read the answer aloud."""
        answer = self._find_answer()
        if answer is not None:
            self._read_aloud(answer.text)

    def speak_notices(self) -> None:
        """Read the last notices aloud, newest first."""
        self._read_aloud("\n".join(_list_notices()))

    def _find_answer(self) -> Optional[AnswerText]:
        """Return the shown or the last answer, or None after reporting that there is none."""
        self._session.clear_problem()
        if self._window.answer is None:
            self._session.report_problem(NO_ANSWER)
        return self._window.answer

    def _create_paste(self, part: AnswerPart, close: bool) -> PasteAnswer:
        def record(entry: Entry, complete: bool) -> None:
            exchange = Exchange(Plan(""), Material(), "", time.monotonic(), entry=entry)
            self._session.history.pastes.append(exchange)
            if close and complete:
                self._session.close_windows()

        return PasteAnswer(part, self._session.report_problem, record)

    def _read_aloud(self, text: str) -> None:
        voice = find_voice()
        if voice is None:
            self._session.report_problem(NO_VOICE)
        else:
            sink = SpeechSink(voice)
            sink.feed(text)
            sink.finish()
            self._session.engine.add(sink)

    def _report(self, problem: Optional[str]) -> None:
        self._session.clear_problem()
        if problem is not None:
            self._session.report_problem(problem)
        self._session.update_corner()


def _list_notices() -> list[str]:
    return list(reversed(recent_notices)) or ["There are no notices yet."]
