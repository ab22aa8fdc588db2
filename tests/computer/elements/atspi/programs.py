"""Programs on an accessibility bus, as ordinary or as odd as a test wants them."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.roles import FRAME, SHOWING
from bridge.computer.screen.geometry import Rect
from tests import desktop

ROOT = "/org/a11y/atspi/accessible/root"
TOP = "/org/a11y/atspi/accessible/top"
NULL = "/org/a11y/atspi/null"
REGISTRY = "org.a11y.atspi.Registry"

_Result = TypeVar("_Result")
Answer = Callable[[Message], Message | None]
"""Returns the reply to a call; None to stay silent."""


def bits(*states: int) -> list[int]:
    """Return the two words of some states."""
    whole = sum(1 << state for state in states)
    return [whole & 0xFFFFFFFF, whole >> 32]


@dataclass(frozen=True)
class Thing:
    """An object of a program, which is in the one that has it among its children."""

    role: int
    name: str = ""
    states: tuple[int, ...] = (SHOWING,)
    children: tuple[str, ...] = ()


def reply(signature: str, *body: Any) -> Answer:
    """Answer with a value of any type."""
    return lambda call: Message.new_method_return(call, signature, list(body))


def fail(call: Message) -> Message:
    return Message.new_error(call, "org.example.No", "There is no such thing.")


@dataclass
class Program:
    """A program with one window.

    `things`: by the last part of their paths; `top` is the window. `odd`: its own answers to
    calls, by member, or by name for a property.
    """

    area: Rect
    things: Mapping[str, Thing] = field(default_factory=dict)
    odd: Mapping[str, Answer] = field(default_factory=dict)
    bus: MessageBus | None = None

    @property
    def window(self) -> Window:
        number = self.area.left + 1
        return Window("Window", "program", self.area, True, WindowId(number, os.getpid()))

    @property
    def name(self) -> str:
        assert self.bus is not None
        return self.bus.unique_name or ""

    def answer(self, call: Message) -> Message | bool:
        """Return the reply; True for none, as a handler that returns nothing has one made."""
        if call.message_type is not MessageType.METHOD_CALL:
            return False
        is_property = call.member == "Get"
        member = str(call.body[1] if is_property else call.member)
        usual = self._read_property(call) if is_property else self._answers(call).get(member, fail)
        return self.odd.get(member, self.odd.get("*", usual))(call) or True

    def _answers(self, call: Message) -> dict[str, Answer]:
        thing = self._find(call)
        children = [self._refer(name) for name in thing.children]
        return {
            "GetChildren": reply("a(so)", children),
            "GetRole": reply("u", thing.role),
            "GetState": reply("au", bits(*thing.states)),
            "GetAttributes": reply("a{ss}", {}),
            "GetAttributeValue": reply("s", ""),
            # GTK leaves some to a search by areas.
            "GetAccessibleAtPoint": reply("(so)", ["", NULL]),
            "GetExtents": reply("(iiii)", list(self._measure(call))),
        }

    def _read_property(self, call: Message) -> Answer:
        thing = self._find(call)
        above = next(
            (key for key, each in self._all().items() if self._key(call) in each.children), ""
        )
        values = {
            "Name": Variant("s", thing.name),
            "Description": Variant("s", ""),
            "ChildCount": Variant("i", len(thing.children)),
            "Parent": Variant("(so)", self._refer(above) if above else ["", NULL]),
        }
        value = values.get(call.body[1])
        return fail if value is None else reply("v", value)

    def _all(self) -> dict[str, Thing]:
        return {"root": Thing(75, "Program", children=("top",)), "top": Thing(FRAME), **self.things}

    def _key(self, call: Message) -> str:
        return str(call.path).rpartition("/")[2]

    def _find(self, call: Message) -> Thing:
        return self._all()[self._key(call)]

    def _refer(self, key: str) -> list[str]:
        return [self.name, f"{ROOT.removesuffix('root')}{key}"]

    def _measure(self, call: Message) -> tuple[int, int, int, int]:
        area = self.area
        if self._key(call) in ("root", "top"):
            return (area.left, area.top, area.width, area.height)
        return (area.left + 20, area.top + 20, 100, 20)


class AccessibilityBus:
    """A D-Bus with the real accessibility bus, and programs on an event loop in a thread."""

    def __init__(self, address: str, end: Callable[[], None]) -> None:
        """`end`: ends the D-Bus, and the accessibility bus with it."""
        self.address, self.end = address, end
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    @contextmanager
    def start(self, *programs: Program) -> Iterator[None]:
        try:
            for program in programs:
                self.run(self._connect(program))
            yield
        finally:
            for program in programs:
                if program.bus is not None:
                    self._loop.call_soon_threadsafe(program.bus.disconnect)

    async def _connect(self, program: Program) -> None:
        session = await MessageBus(bus_address=self.address).connect()
        found = await session.call(
            Message("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
        )
        session.disconnect()
        assert found is not None
        program.bus = await MessageBus(bus_address=found.body[0]).connect()
        program.bus.add_message_handler(program.answer)
        embedded = await program.bus.call(
            Message(
                REGISTRY,
                ROOT,
                "org.a11y.atspi.Socket",
                "Embed",
                signature="(so)",
                body=[[program.name, ROOT]],
            )
        )
        assert embedded is not None
        assert embedded.message_type is MessageType.METHOD_RETURN, embedded.body

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


@contextmanager
def accessibility_bus() -> Iterator[AccessibilityBus]:
    with ExitStack() as session, ExitStack() as stack:
        address = session.enter_context(desktop.session_bus())
        bus = AccessibilityBus(address, session.close)
        stack.callback(bus.close)
        yield bus
