"""Show an answer in the system's browser."""

from ..core.answer_page import build_page
from ..desktop.browser import Browser, BrowserFailed
from ..desktop.screen import notify
from ..wire.paths import write_answer_page
from .sinks import TextSink


class BrowserSink(TextSink):
    """A sink that writes the whole answer to a file, and opens it."""

    def __init__(self, browser: Browser, title: str) -> None:
        """Show `title` above the answer."""
        super().__init__()
        self._browser, self._title = browser, title

    def finish(self) -> None:
        """Write the page over the last one, and open it."""
        super().finish()
        if not self.text:
            return
        try:
            self._browser.open(write_answer_page(build_page(self._title, self.text)))
        except BrowserFailed as failure:
            notify(str(failure))
