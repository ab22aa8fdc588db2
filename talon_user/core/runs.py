"""Reads the events of a run of computer use, and says each in a sentence for the banner."""

from dataclasses import dataclass
from typing import Any, Optional

from ..wire.answer import AnswerFailed, message_of, parsed

LONGEST = 300
"""Characters of what Claude says that the banner shows."""
ENDS = {
    "completed": "Claude is done.",
    "stopped": "Claude was stopped.",
    "limit": "Claude stopped at its limit of steps.",
    "failed": "Claude could not do it.",
}


@dataclass(frozen=True)
class RunStep:
    """One thing that happened; `approval` is the id of what waits for a yes or a no."""

    sentence: str
    approval: str = ""
    expires_at: float = 0.0
    over: bool = False
    status: str = ""


class RunEvents:
    """A pure machine: `feed` the data of each event and get what the person should see."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.complete = False
        self.run_id = ""
        self._said = ""

    def feed(self, data: str) -> Optional[RunStep]:
        """Return the step of one event, if it shows anything; raise AnswerFailed."""
        event = parsed(data)
        words = event.get("text") if event.get("type") == "run.text" else None
        self._said = self._said + words if isinstance(words, str) else ""
        match event.get("type"):
            case "run.started":
                self.run_id = str(event.get("id") or "")
                return RunStep("Claude looks at the screen.")
            case "run.text":
                return _step(_line(self._said))
            case "run.acted":
                return _step(_line(event.get("failed")) or _said(event.get("what")))
            case "run.approval":
                return _approval(event)
            case "run.finished":
                self.complete = True
                return _finish(event)
            case "run.error":
                raise AnswerFailed(message_of(event.get("error")) or "Computer use failed.")
            case _:
                return None


def _step(sentence: str) -> Optional[RunStep]:
    return RunStep(sentence) if sentence else None


def _approval(event: dict[str, Any]) -> RunStep:
    risks = event.get("risks")
    words = [str(risk) for risk in risks] if isinstance(risks, list) else []
    why = f" ({', '.join(words)})" if words else ""
    expires = event.get("expires_at")
    return RunStep(
        f"Claude wants to: {_said(event.get('what'))}{why}",
        approval=str(event.get("id") or ""),
        expires_at=float(expires) if isinstance(expires, (int, float)) else 0.0,
    )


def _finish(event: dict[str, Any]) -> RunStep:
    status = str(event.get("status") or "failed")
    text = _line(event.get("text"))
    return RunStep(f"{ENDS.get(status, ENDS['failed'])} {text}".strip(), over=True, status=status)


def _said(what: Any) -> str:
    """Return one sentence of what may be one or several."""
    return _line(" ".join(map(str, what)) if isinstance(what, list) else what)


def _line(text: Any) -> str:
    """Return a text as one line, its end when it is long."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return line if len(line) <= LONGEST else "…" + line[-LONGEST:]
