"""The desk of the voice commands: what goes on, where answers go, and what the user is shown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Optional

from talon import actions

from ..core.names import shown
from ..core.plan import PLACES, SELECTING, Plan, problem_with
from ..core.prompts import Material
from ..core.status import Status, status_lines
from ..desktop.hud import Hud
from ..desktop.pictures import Picture
from ..desktop.screen import NO_WINDOW, focus, in_terminal, is_denied, notify
from ..desktop.speech import find_voice
from ..wire.http_client import Fetch
from ..wire.request import BadSetting
from . import client, options
from .computer import ComputerRun
from .engine import Engine
from .history import Exchange, Notebook
from .question import NO_TARGET, Delivery, Question, Target
from .sinks import ToClipboard, ToConfirm, ToCursorless, ToPanel, ToVoice
from .window_sink import DENIED, NOWHERE, Inserting, Place, prepare

NO_VOICE = "There is no voice here to read aloud: on Linux install speech-dispatcher."
OFFERED = "“{line}” – say “claude insert” to write it, and press Enter yourself."


class Desk:
    """One for all commands."""

    def __init__(self) -> None:
        """Begin with nothing going on."""
        self.engine = Engine(self.show)
        self.notebook = Notebook()
        self.hud = Hud()
        self.offered = ""
        self._trouble = ""
        self._banner: tuple[str, ...] = ()
        self._corner_is_shown = False
        self._picture: Optional[Picture] = None
        self.bridge_answered: Callable[[], None] = lambda: None

    def ask(self, plan: Plan, target: Target = NO_TARGET, before: str = "") -> None:
        """Ask what `plan` says, when nothing speaks against it."""
        self._trouble = ""
        refusal = self._refusal(plan, target is not NO_TARGET)
        if refusal is not None:
            self.failed(refusal)
            return
        exchange = Exchange(plan, Material(), before, 0.0)
        self.engine.add(Question(self, exchange, target, reply=self._last_answer))

    @property
    def model(self) -> str:
        """Return the model that answers where none is spoken."""
        return self.notebook.memory.model or options.text("model")

    def thread_tip(self, now: float) -> str:
        """Return the id of the response that “claude ask” goes on from, if any."""
        return self.notebook.memory.thread.tip(now, options.thread_minutes())

    def deliver(self, exchange: Exchange, question: Question) -> Optional[Delivery]:
        """Return what carries the answer; None after saying why there is nothing."""
        plan = exchange.plan
        if plan.destination in PLACES:
            return Inserting(self._place(exchange, question))
        if plan.destination == "clip":
            return ToClipboard()
        if plan.destination == "window":
            return ToPanel(self.hud, f"Claude – {plan.prompt.splitlines()[0][:80]}")
        if plan.destination == "cursorless":
            return ToCursorless(_destination(question.target))
        if plan.destination == "shell":
            return ToConfirm(self._offer)
        voice = find_voice()
        if voice is None:
            self.failed(NO_VOICE)
            return None
        return ToVoice(voice)

    def answered(self, exchange: Exchange, whole: bool) -> None:
        """Keep an exchange that has ended."""
        if whole:
            self.bridge_answered()
        else:
            exchange.response_id = ""
        self.notebook.answered(exchange)
        self._picture = None

    def failed(self, sentence: str) -> None:
        """Tell the user a sentence, and leave it in the corner until the next command."""
        self._trouble = sentence
        notify(sentence)
        self.show()

    def tell(self, sentence: str) -> None:
        """Tell the user a sentence that needs nothing done."""
        notify(sentence)

    def banner(self, lines: tuple[str, ...]) -> None:
        """Show what Claude does with the computer; also by notification, where there is no HUD."""
        if lines and lines != self._banner and not self.hud.can_show(options.hud()):
            notify(" ".join(lines[1:]))
        self._banner = lines
        self.show()

    def show_picture(self, picture: Picture) -> None:
        """Show the user the picture that is sent."""
        self._picture = picture
        notify(picture.words)
        self.show()

    def errand(self, method: str, path: str, body: Optional[dict[str, Any]]) -> None:
        """Send a short request of control; a failure is told."""
        self.fetch(method, path, body, _nothing, control=True)

    def fetch(
        self,
        method: str,
        path: str,
        body: Optional[dict[str, Any]],
        done: Callable[[Fetch], None],
        control: bool = False,
        failed: Optional[Callable[[Fetch], None]] = None,
    ) -> None:
        """Fetch something beside all else; `failed`, or a sentence, is for what goes wrong."""

        def finished(fetch: Fetch) -> None:
            if fetch.error is None:
                done(fetch)
            elif failed is not None:
                failed(fetch)
            else:
                self.failed(fetch.error)

        try:
            self.engine.beside(
                client.Errand(lambda: client.fetch(method, path, body, control), finished)
            )
        except BadSetting as problem:
            self.failed(str(problem))

    def read(self, title: str, lines: list[str]) -> None:
        """Show a text to be read: in the panel, or in a notification where there is none."""
        if not self.hud.panel(options.hud(), [title, "", *lines]):
            notify("\n".join(lines[:12]))

    def dismiss(self) -> None:
        """Hide the panel and the last error."""
        self._trouble = ""
        self.hud.close()
        self.show()

    def clear_trouble(self) -> None:
        """Take the last error out of the corner."""
        self._trouble = ""

    def show(self) -> None:
        """Bring the corner up to date."""
        front = self.engine.front
        status = Status(
            doing=_doing(front),
            model=_model_of(front),
            waiting=self.engine.waiting,
            paused=front.waits if front is not None else "",
            trouble=self._trouble,
            banner=self._banner,
        )
        lines = [*status_lines(status), *([self._picture.words] if self._picture else [])]
        if lines or self._corner_is_shown:
            self._corner_is_shown = bool(lines)
            self.hud.corner(options.hud(), lines, self._picture and self._picture.image)

    def _refusal(self, plan: Plan, cursorless: bool) -> Optional[str]:
        focused = focus()
        if focused.window == NO_WINDOW and (
            plan.destination in PLACES or plan.source in (*SELECTING, "window")
        ):
            return NOWHERE
        if is_denied(focused, options.text("deny_apps")):
            return DENIED
        return problem_with(plan, in_terminal(focused), cursorless)

    def _place(self, exchange: Exchange, question: Question) -> Place:
        """Put the caret in its place; a retry finds the old answer selected."""
        if question.retried is not None:
            old = question.retried()
            if old is not None:
                around = replace(self._around_of(exchange), replacing=True)
                return Place(around, selected=old.text, replaced=old.replaced)
            return Place()
        plan = exchange.plan
        return prepare(plan.destination, plan.source, exchange.material.text)

    def _around_of(self, exchange: Exchange) -> Any:
        from ..core.insertion import Around

        return {"above": Around(after="\n"), "below": Around(before="\n")}.get(
            exchange.plan.destination, Around()
        )

    def _offer(self, line: str) -> None:
        self.offered = line
        sentence = OFFERED.format(line=line)
        notify(sentence)
        self.hud.panel(options.hud(), ["Claude offers a command", "", sentence])

    def _last_answer(self) -> str:
        last = self.notebook.last
        return last.answer if last is not None else ""


def _destination(target: Target) -> Any:
    """Return where to write: the destination that was said, else the place of the target itself."""
    if target.write is not None:
        return target.write
    return actions.user.cursorless_create_destination(target.read)


def _doing(front: Any) -> str:
    if isinstance(front, Question):
        if front.delivery is None:
            return "reads" if not front.waits else "waits"
        return "writes" if front.exchange.answer else "thinks"
    if isinstance(front, ComputerRun):
        return "uses the computer"
    return ""


def _model_of(front: Any) -> str:
    return shown(front.exchange.model) if isinstance(front, Question) else ""


def _nothing(fetch: Fetch) -> None:
    """What was asked for is done."""
