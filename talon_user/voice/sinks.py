"""Sinks for answers other than the caret: clipboard, panel, voice, shell."""

from collections import deque
from collections.abc import Callable

from ..core.answer_text import AnswerText
from ..core.sentences import SentenceSplitter, strip_markup
from ..desktop.clipboard import copy_text, read_clipboard
from ..desktop.screen import notify
from ..desktop.speech import Voice
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
    """A sink that collects the answer in `text`, independent of windows and focus."""

    def __init__(self) -> None:
        """Start with an empty answer."""
        super().__init__()
        self.text = ""

    def feed(self, piece: str) -> None:
        """Append one piece of the answer."""
        self.text += piece

    def finish(self) -> None:
        """Mark the answer as delivered."""
        self.done = True


class ClipboardSink(TextSink):
    """A sink that copies the whole answer for the user."""

    def finish(self) -> None:
        """Copy the answer."""
        super().finish()
        if self.text:
            copy_text(self.text)
            notify(COPIED)


class AppendSink(TextSink):
    """A sink that adds the whole answer to the text on the clipboard."""

    def finish(self) -> None:
        """Copy what is on the clipboard, and the answer below it."""
        super().finish()
        if self.text:
            before = read_clipboard()
            copy_text(f"{before}\n{self.text}" if before else self.text)
            notify(APPENDED)


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


class SnippetSink(TextSink):
    """A sink that offers the answer as a snippet, to be inserted by a command."""

    # Inserting a snippet waits for the editor, which is allowed in a spoken command only.

    def __init__(self, offer: Callable[[str], None]) -> None:
        """Pass the snippet to `offer`."""
        super().__init__()
        self._offer = offer

    def finish(self) -> None:
        """Offer the answer."""
        super().finish()
        if self.text.strip():
            self._offer(self.text)


class ConfirmSink(TextSink):
    """A sink that offers a command line to the user, who decides whether to insert it."""

    def __init__(self, offer: Callable[[str], None]) -> None:
        """Pass the line to `offer`."""
        super().__init__()
        self._offer = offer

    def finish(self) -> None:
        """Offer the answer if it is a single line."""
        super().finish()
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        # Control characters could run the line, or more than the user sees.
        if len(lines) == 1 and len(lines[0]) > LINE_LIMIT:
            notify(LONG_LINE)
        elif len(lines) == 1 and lines[0].isprintable():
            self._offer(lines[0])
        elif lines:
            notify(MANY_LINES)
