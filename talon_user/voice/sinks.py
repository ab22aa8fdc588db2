"""Sinks for answers that do not go to the caret, and what they do with the whole answer."""

from collections import deque
from collections.abc import Callable

from ..core.answer_page import build_page
from ..core.answer_text import AnswerText
from ..core.sentences import SentenceSplitter, strip_markup
from ..desktop.browser import Browser, BrowserFailed
from ..desktop.clipboard import copy_text, read_clipboard
from ..desktop.screen import notify
from ..desktop.speech import Voice
from ..wire.paths import write_answer_page
from .answer_window import ANSWER_WIDTH, AnswerWindow
from .task import Sink

NO_PANEL = "No window can be shown here, so Claude's answer is on the clipboard."
COPIED = "Claude's answer is on the clipboard."
APPENDED = "Claude's answer is added to the clipboard."
MANY_LINES = "Claude wrote more than one line, so nothing is suggested. Ask for a single command."
LONG_LINE = "Claude's command is too long to be shown, so nothing is suggested."
LINE_LIMIT = 1000
# Characters. Cutting 200 kB into sentences at once would block speech recognition.
SPOKEN_PORTION = 2000


class TextSink(Sink):
    """A sink that collects the answer, independent of windows and focus, and then delivers it."""

    def __init__(self, deliver: Callable[[str], None]) -> None:
        """Call `deliver` with the whole answer, unless it is empty."""
        super().__init__()
        self._deliver, self._text = deliver, ""

    def feed(self, piece: str) -> None:
        """Append one piece of the answer."""
        self._text += piece

    def finish(self) -> None:
        """Deliver the answer."""
        self.done = True
        if self._text.strip():
            self._deliver(self._text)


def copy_answer(text: str) -> None:
    """Put an answer on the clipboard."""
    copy_text(text)
    notify(COPIED)


def append_answer(text: str) -> None:
    """Put an answer on the clipboard, below the text that is there."""
    before = read_clipboard()
    copy_text(f"{before}\n{text}" if before else text)
    notify(APPENDED)


def show_in_browser(browser: Browser, title: str, text: str) -> None:
    """Write an answer to a file over the last one, and open it in the browser."""
    try:
        browser.open(write_answer_page(build_page(title, text)))
    except BrowserFailed as failure:
        notify(str(failure))


class NoCommand(Exception):
    """An answer is no single command line; the message is a sentence for the user."""


def read_command_line(text: str) -> str:
    """Return the command line in an answer; raise NoCommand."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # Control characters could run the line, or more than the user sees.
    if len(lines) != 1 or not lines[0].isprintable():
        raise NoCommand(MANY_LINES)
    if len(lines[0]) > LINE_LIMIT:
        raise NoCommand(LONG_LINE)
    return lines[0]


class PanelSink(Sink):
    """A sink that shows the answer in the answer window, or copies it if there is none."""

    # The window opens with the first text. The user may close it before the end; the answer is
    # then still collected, so that it can be pasted.

    def __init__(self, window: AnswerWindow, title: str) -> None:
        """Show `title` above the answer."""
        super().__init__()
        self._window, self._title = window, title
        self._answer = AnswerText(ANSWER_WIDTH)
        self._complete = self._is_open = False
        self._has_window = True

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""
        self._answer.feed(piece)

    def finish(self) -> None:
        """Take the end of the answer; the sink is done when all of it has been wrapped."""
        self._complete = True
        self._answer.finish()

    def advance(self, now: float) -> None:
        """Wrap and show a portion of the new text."""
        has_more = self._answer.work()
        if not self._is_open and self._answer.row_count:
            self._is_open = True
            self._has_window = self._window.show_answer(self._title, self._answer)
        self._window.refresh(self._answer)
        if self._complete and not has_more:
            self.done = True
            if not self._has_window:
                copy_text(self._answer.text)
                notify(NO_PANEL)

    def end(self) -> None:
        """End at once; what has arrived can still be pasted."""
        super().end()
        self._answer.finish()


class SpeechSink(Sink):
    """A sink that reads the answer aloud, sentence by sentence, while the rest arrives."""

    # A long answer is cut into sentences a portion at a time, when the last portion was spoken.

    def __init__(self, voice: Voice) -> None:
        """Speak with `voice`."""
        super().__init__()
        self._voice = voice
        self._splitter = SentenceSplitter()
        self._sentences: deque[str] = deque()
        self._unread = ""
        self._complete = False

    def feed(self, piece: str) -> None:
        """Take one piece of the answer."""
        self._unread += piece

    def finish(self) -> None:
        """Take the end of the answer; the sink is done when it has been spoken."""
        self._complete = True

    def advance(self, now: float) -> None:
        """Speak the next sentence once the last one has ended."""
        if not self._sentences:
            self._cut_portion()
        while self._sentences and not self._voice.is_speaking:
            sentence = strip_markup(self._sentences.popleft())
            if sentence:
                self._voice.say(sentence)
        is_spoken = not (self._unread or self._sentences or self._voice.is_speaking)
        self.done = self._complete and is_spoken

    def end(self) -> None:
        """Stop speaking."""
        super().end()
        self._voice.stop()

    def _cut_portion(self) -> None:
        portion, self._unread = self._unread[:SPOKEN_PORTION], self._unread[SPOKEN_PORTION:]
        self._sentences.extend(self._splitter.feed(portion))
        if self._complete and not self._unread:
            self._sentences.extend(self._splitter.finish())
