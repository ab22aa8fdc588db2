"""Turn the events of a computer-use run into sentences for the banner."""

from dataclasses import dataclass
from typing import Any, Optional

from ..wire.answer import AnswerFailed, parse_event, read_error_message

# In characters: the banner has room for a few lines.
SENTENCE_LIMIT = 300
TOO_LONG = "Claude waits for your approval: too long to show here."
END_SENTENCES = {
    "completed": "Claude is done.",
    "stopped": "Claude was stopped.",
    "limit": "Claude reached its step limit.",
    "failed": "Claude could not do it.",
}


@dataclass(frozen=True)
class RunStep:
    """One event to show.

    `approval` is the id of a step that waits for the user's approval, until `expires_at` (Unix
    seconds); `digest` is of all that is to be approved, and `is_whole` tells whether the sentence
    contains it. `paused` is true if the run waits from now on until the user resumes it, false once
    they have, and None for other events. `final` is true for the last one, which has a `status`.
    """

    sentence: str
    approval: str = ""
    digest: str = ""
    is_whole: bool = True
    expires_at: float = 0.0
    paused: Optional[bool] = None
    final: bool = False
    status: str = ""


class RunEventReader:
    """Reader of the events of one run; `feed` takes each and returns what to show."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.complete = False
        self.run_id = ""
        self._text = ""

    def feed(self, data: str) -> Optional[RunStep]:
        """Return what one event shows, if anything; raise AnswerFailed for an error event."""
        event = parse_event(data)
        # Claude's text comes in pieces. Any other event ends the sentence.
        delta = event.get("text") if event.get("type") == "run.text" else None
        self._text = self._text + delta if isinstance(delta, str) else ""
        match event.get("type"):
            case "run.started":
                self.run_id = str(event.get("id") or "")
                return RunStep("Claude is looking at the screen.")
            case "run.text":
                return _make_step(_shorten_line(self._text))
            case "run.acted":
                return _make_step(
                    _shorten_line(event.get("failed")) or _join_sentences(event.get("what"))
                )
            case "run.approval":
                return _read_approval(event)
            case "run.paused":
                reason = _shorten_line(event.get("reason"))
                return RunStep(f"Paused. {reason}".strip(), paused=True)
            case "run.resumed":
                return RunStep("Claude continues.", paused=False)
            case "run.finished":
                self.complete = True
                return _read_end(event)
            case "run.error":
                message = read_error_message(event.get("error"))
                raise AnswerFailed(message or "Computer use failed.")
            case _:
                return None


def _make_step(sentence: str) -> Optional[RunStep]:
    return RunStep(sentence) if sentence else None


def _read_approval(event: dict[str, Any]) -> RunStep:
    risks = event.get("risks")
    words = [str(risk) for risk in risks] if isinstance(risks, list) else []
    reason = f" ({', '.join(words)})" if words else ""
    expires = event.get("expires_at")
    what = event.get("what")
    sentence = _join_sentences(what)
    is_whole = _is_whole(what, sentence)
    return RunStep(
        f"Claude wants to: {sentence}{reason}" if is_whole else f"{TOO_LONG}{reason}",
        digest=str(event.get("digest") or ""),
        is_whole=is_whole,
        approval=str(event.get("id") or ""),
        expires_at=float(expires) if isinstance(expires, (int, float)) else 0.0,
    )


def _read_end(event: dict[str, Any]) -> RunStep:
    status = str(event.get("status") or "failed")
    text = _shorten_line(event.get("text"))
    sentence = f"{END_SENTENCES.get(status, END_SENTENCES['failed'])} {text}".strip()
    return RunStep(sentence, final=True, status=status)


def _is_whole(what: Any, sentence: str) -> bool:
    """Return whether the line shows everything: nothing cut, no line break, no run of spaces."""
    return sentence == (" ".join(map(str, what)) if isinstance(what, list) else what)


def _join_sentences(what: Any) -> str:
    """Return one line from one sentence or a list of them."""
    return _shorten_line(" ".join(map(str, what)) if isinstance(what, list) else what)


def _shorten_line(text: Any) -> str:
    """Return a text as one line; of a long text, only the end."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return line if len(line) <= SENTENCE_LIMIT else "…" + line[-SENTENCE_LIMIT:]
