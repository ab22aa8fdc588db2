"""One question: gathers what it is about, asks the bridge, and carries the answer where it goes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional, Protocol, Union

from ..core.fences import CodeOnly
from ..core.journal import Entry
from ..core.plan import PLACES, SELECTING
from ..core.prompts import Material, response_body
from ..desktop.screen import focus, focused_window, notify
from ..wire.answer import Answer
from ..wire.http_client import EventStream
from ..wire.request import BadSetting
from . import client, options
from .history import Exchange
from .sinks import Elsewhere
from .sources import Gather
from .window_sink import MOVED, Inserting, refusal_here

Delivery = Union[Inserting, Elsewhere]


@dataclass(frozen=True)
class Target:
    """Cursorless's target to read, and its destination to write to; either may be None."""

    read: Any = None
    write: Any = None


class Desk(Protocol):
    """What a question needs of the rest: where answers go, and who keeps them."""

    @property
    def model(self) -> str:
        """Return the model that answers where none is spoken."""
        ...

    def deliver(self, exchange: Exchange, question: "Question") -> Optional[Delivery]:
        """Return what carries the answer, or None after telling why there is nothing."""
        ...

    def answered(self, exchange: Exchange, whole: bool) -> None:
        """Take an exchange that has ended; with `whole`, Claude's answer was not broken off."""
        ...

    def failed(self, sentence: str) -> None:
        """Tell the user what went wrong."""
        ...

    def show_picture(self, picture: Any) -> None:
        """Show the user the picture that is sent."""
        ...


NO_TARGET = Target()


class Question:
    """Begins in the window that has the focus when it is made, or waits until it is told where."""

    def __init__(
        self,
        desk: Desk,
        exchange: Exchange,
        target: Target = NO_TARGET,
        gathered: Optional[Material] = None,
        reply: Callable[[], str] = lambda: "",
    ) -> None:
        """Ask `exchange.plan`; with `gathered`, nothing is gathered anew."""
        self.over = False
        self.exchange, self.target, self.reply = exchange, target, reply
        self.retried: Optional[Callable[[], Optional[Entry]]] = None
        self.delivery: Optional[Delivery] = None
        self.window = focused_window()
        self._desk = desk
        self._gathered = gathered
        self._gather: Optional[Gather] = None
        self._stream: Optional[EventStream[str]] = None
        self._answer = Answer()
        self._code: Optional[CodeOnly] = None
        self._begun = self._heard_all = self._whole = False
        self._waits_at_start = ""

    @property
    def resting(self) -> bool:
        """Tell whether it only waits for the user to speak."""
        if not self._begun:
            return True
        return self._heard_all and self.delivery is not None and self.delivery.resting

    @property
    def waits(self) -> str:
        """Return why it does not go on, as a sentence, or nothing."""
        return self._waits_at_start or (self.delivery.waits if self.delivery is not None else "")

    @property
    def answering(self) -> bool:
        """Tell whether the bridge has been asked, and has not answered all of it."""
        return self._stream is not None and not self._heard_all

    def begin(self) -> None:
        """Gather, unless the window it belongs to has lost the focus meanwhile."""
        if self._needs_window() and focused_window() != self.window:
            self._waits_at_start = MOVED
            notify(MOVED)
            return
        refusal = refusal_here() if self._needs_window() else None
        if refusal is not None:
            self._give_up(refusal)
            return
        self._begun, self._waits_at_start = True, ""
        if self._gathered is None:
            plan = self.exchange.plan
            self._gather = Gather(plan.source, self.target.read, self.reply())
            self._after_gathering()
        else:
            self._ask(self._gathered)

    def advance(self, now: float) -> None:
        """Go on with whatever it is at."""
        if not self._begun:
            return
        if self._gather is not None:
            self._gather.advance(now)
            self._after_gathering()
        elif self._stream is not None and self.delivery is not None:
            self._listen(self._stream, self.delivery)
            self.delivery.advance(now)
            if self.delivery.over:
                self._close()

    def stop(self) -> None:
        """Hang up, and insert no more."""
        self._hang_up()
        self._heard_all = True
        if self.delivery is None:
            self.end()
        else:
            self.delivery.stop()
            if self.delivery.over:
                self._close()

    def end(self) -> None:
        """Leave nothing behind."""
        self.over = True
        self._hang_up()
        for part in (self._gather, self.delivery):
            if part is not None:
                part.end()

    def resume(self) -> None:
        """Go on where it paused."""
        if not self._begun:
            self.begin()
        elif self.delivery is not None:
            self.delivery.resume()

    def move_here(self) -> None:
        """Go on in the focused window."""
        if not self._begun:
            self.window = focused_window()
            self.begin()
        elif self.delivery is not None:
            self.delivery.move_here()

    def hold(self) -> None:
        """Pause before a voice command runs."""
        if self.delivery is not None:
            self.delivery.hold()

    def release(self) -> None:
        """Undo `hold` after a command of ours."""
        if self.delivery is not None:
            self.delivery.release()

    def mention_hold(self) -> None:
        """Tell the user about a pause that outlived their voice command."""
        if self.delivery is not None:
            self.delivery.mention_hold()

    def focus_changed(self) -> None:
        """Pause when the focus has gone to another window."""
        if self.delivery is not None:
            self.delivery.focus_changed()

    def _needs_window(self) -> bool:
        plan = self.exchange.plan
        return plan.destination in PLACES or plan.source in (*SELECTING, "window")

    def _after_gathering(self) -> None:
        gather = self._gather
        if gather is None or not gather.done:
            return
        self._gather = None
        if gather.problem is not None:
            self._give_up(gather.problem)
            return
        if gather.picture is not None:
            self._desk.show_picture(gather.picture)
        pictures = (gather.picture.png,) if gather.picture is not None else ()
        self._ask(Material(gather.text, pictures, facts(self.exchange.plan.destination)))

    def _ask(self, material: Material) -> None:
        plan, exchange = self.exchange.plan, self.exchange
        exchange.material, exchange.at = material, time.monotonic()
        exchange.model = plan.model or self._desk.model
        self.delivery = self._desk.deliver(exchange, self)
        if self.delivery is None:
            self.end()
            return
        self._code = CodeOnly() if plan.code else None
        body = response_body(plan, material, exchange.model, exchange.before)
        try:
            self._stream = client.stream("/v1/responses", body, self._answer)
        except BadSetting as problem:
            self._give_up(str(problem))

    def _listen(self, stream: EventStream[str], delivery: Delivery) -> None:
        piece = "".join(stream.poll())  # joined: a long answer is not copied for each of them
        if piece:
            self.exchange.answer += piece
            delivery.feed(self._code.feed(piece) if self._code is not None else piece)
        if not stream.finished or self._heard_all:
            return
        self._heard_all = True
        self._whole = stream.error is None
        if self._whole:
            self.exchange.response_id = self._answer.response_id
        if self._code is not None:
            delivery.feed(self._code.finish())
        delivery.finish()
        self._tell(stream.error or self._answer.trouble or self._emptiness())

    def _emptiness(self) -> str:
        return "" if self.exchange.answer.strip() else "Claude answered with nothing."

    def _tell(self, trouble: str) -> None:
        if trouble:
            self._desk.failed(trouble)

    def _close(self) -> None:
        if not self.over:
            self.over = True
            self.exchange.entry = self.delivery.entry if self.delivery is not None else None
            self._desk.answered(self.exchange, self._whole)

    def _give_up(self, sentence: str) -> None:
        self.end()
        self._desk.failed(sentence)

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()


def facts(destination: str) -> tuple[str, ...]:
    """Return what Claude may be told about the app, as the settings allow; never the host."""
    focused = focus()
    told = []
    if options.switch("tell_app") and focused.app:
        told.append(f"The app in front of them: {focused.app}.")
    if options.switch("tell_title") and focused.title:
        told.append(f"Its window's title: {focused.title}.")
    if destination == "shell":
        told.append(f"The shell: {options.text('shell') or _usual_shell()}.")
    return tuple(told)


def _usual_shell() -> str:
    from talon import app

    usual = {"mac": "zsh on macOS", "windows": "PowerShell on Windows"}
    return usual.get(app.platform, "bash on Linux")
