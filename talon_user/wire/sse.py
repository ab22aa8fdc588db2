"""Split a byte stream into server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import codecs

# In characters. The bridge's events are far shorter; this bounds the memory of a bad stream.
LINE_LIMIT = 8 * 1024 * 1024


class EventTooLong(Exception):
    """A line of the stream exceeds LINE_LIMIT; the message is a sentence for the user."""


class EventDecoder:
    """Decoder of the data of events; `feed` takes bytes cut anywhere, even in a character."""

    def __init__(self) -> None:
        """Start before the first event."""
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._line: list[str] = []
        self._line_length = 0
        self._data: list[str] = []
        self._after_cr = False

    def feed(self, raw: bytes) -> list[str]:
        """Return the data of each event that `raw` completes; comments are skipped."""
        text = self._utf8.decode(raw)
        if not text:
            return []
        # A line may end with CR LF, and the two may arrive in different reads.
        if self._after_cr and text.startswith("\n"):
            text = text[1:]
            self._after_cr = False
        if text:
            self._after_cr = text.endswith("\r")
        *ended, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        events = [event for line in ended for event in self._end_line(line)]
        self._extend_line(rest)
        return events

    def _extend_line(self, text: str) -> None:
        # Collected in a list: appending to a string would copy a long line for each read.
        self._line.append(text)
        self._line_length += len(text)
        if self._line_length > LINE_LIMIT:
            raise EventTooLong("The bridge sent an event that is too long.")

    def _end_line(self, text: str) -> list[str]:
        line = "".join([*self._line, text])
        self._line, self._line_length = [], 0
        if not line:
            return self._end_event()
        field, _, value = line.partition(":")
        # A comment has an empty field name. `event`, `id` and `retry` are not needed: the type of
        # an event is also in its JSON.
        if field == "data":
            self._data.append(value.removeprefix(" "))
        return []

    def _end_event(self) -> list[str]:
        data, self._data = self._data, []
        return ["\n".join(data)] if data else []
