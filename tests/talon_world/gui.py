"""Fakes of canvas, imgui, screen and noise."""

import functools
import struct
import zlib
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.talon_world.apps import Rect

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

SCREEN = Rect(0, 0, 1920, 1080)
SECOND_SCREEN = Rect(1920, 0, 1280, 1024)
CANVAS_SECONDS = 0.011
"""What it costs to create a canvas, which is a window of the system."""


ENCODE_SECONDS = 3e-8
"""What it costs to encode a pixel as PNG: 60 ms for a whole screen."""
CAPTURE_SECONDS = 0.006


class Screen:
    """A screen without a menu bar or a task bar."""

    def __init__(self, rect: Rect) -> None:
        self.rect = self.visible_rect = rect


class ScrollEvent:
    """A turn of the mouse wheel; `degrees.y` is positive away from the user."""

    def __init__(self, y: float) -> None:
        self.degrees = SimpleNamespace(x=0.0, y=y)


@functools.cache
def png(width: int, height: int) -> bytes:
    """Return a black picture as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    rows = (b"\0" + b"\0" * ((width + 7) // 8)) * height
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


class Paint:
    """The current drawing style."""

    textsize = 12.0
    color = "ffffff"

    def measure_text(self, text: str) -> tuple[float, Rect]:
        """Return the advance and the box of a line of text."""
        width = len(text) * self.textsize * 0.5
        return width, Rect(0, 0, width, self.textsize)


class SkiaCanvas:
    """The argument of a draw callback; it records what is drawn."""

    def __init__(self, rect: Rect) -> None:
        self.rect = rect
        self.paint = Paint()
        self._texts: dict[float, str] = {}
        self.images: list[Any] = []

    @property
    def lines(self) -> list[str]:
        """The lines of text from top to bottom; what is drawn at one height is one line."""
        return [text for _, text in sorted(self._texts.items())]

    def draw_rect(self, rect: Rect) -> None:
        """Draw a rectangle."""
        assert isinstance(rect, Rect)

    def draw_text(self, text: str, x: float, y: float) -> None:
        """Draw one line of text."""
        assert "\n" not in text, "Skia draws no line breaks"
        assert self.rect.y <= y <= self.rect.y + self.rect.height, "drawn outside the canvas"
        self._texts[y] = f"{self._texts[y]:<4}{text}" if y in self._texts else text

    def draw_image_rect(self, image: Any, source: Rect, target: Rect) -> None:
        """Draw a part of a picture into a rectangle, which must lie on the canvas."""
        assert self.rect.x <= target.x
        assert target.x + target.width <= self.rect.x + self.rect.width
        assert self.rect.y <= target.y
        assert target.y + target.height <= self.rect.y + self.rect.height
        self.images.append(image)


class Image:
    """A screenshot, all black."""

    def __init__(self, world: "TalonWorld", rect: Rect) -> None:
        self._world = world
        self.rect = rect
        self.width, self.height = rect.width, rect.height

    def encode(self) -> "Image":
        """Return the encoded picture; on the script thread, that takes its time."""
        if self._world.script.busy:
            self._world.script.charge(ENCODE_SECONDS * self.width * self.height)
        return self

    def data(self) -> bytes:
        """Return its bytes."""
        return png(int(self.width), int(self.height))


def build(world: "TalonWorld", gui: frozenset[str]) -> dict[str, ModuleType]:
    """Return the modules by name; canvas and imgui only if they are in `gui`."""
    modules = {
        "screen": _screen(world),
        "noise": _noise(world),
        "types": ModuleType("talon.types"),
    }
    modules["types"].__dict__["Rect"] = Rect
    if "tap" in gui:
        modules["tap"] = _tap(world)
    if "canvas" in gui:
        modules["canvas"] = ModuleType("talon.canvas")
        modules["canvas"].__dict__["Canvas"] = type("Canvas", (Canvas,), {"world": world})
    if "imgui" in gui:
        modules["imgui"] = ModuleType("talon.imgui")
        modules["imgui"].__dict__.update(open=_imgui_open(world), GUI=object)
    return modules


def _screen(world: "TalonWorld") -> ModuleType:
    def main() -> Screen:
        return world.screens[0]

    def capture_rect(rect: Rect, retina: bool = True) -> Image:
        world.script.require("screen.capture_rect")
        world.captured.append(rect)
        world.script.charge(CAPTURE_SECONDS)
        return Image(world, rect)

    module = ModuleType("talon.screen")
    module.__dict__.update(main=main, main_screen=main, capture_rect=capture_rect)
    return module


def _tap(world: "TalonWorld") -> ModuleType:
    """Reports mouse clicks; the real one reports keys and moves, too."""

    def register(kinds: int, callback: Callable[[int, Any], Any]) -> None:
        world.register("tap.click", lambda event: callback(kinds, event))

    module = ModuleType("talon.tap")
    module.__dict__.update(MCLICK=2, register=register)
    return module


def _noise(world: "TalonWorld") -> ModuleType:
    module = ModuleType("talon.noise")
    module.__dict__.update(
        register=lambda topic, call: world.register(f"noise.{topic}", call),
        unregister=lambda topic, call: world.unregister(f"noise.{topic}", call),
    )
    return module


class Canvas:
    """A canvas; it is drawn some time after `freeze`, never inline."""

    world: "TalonWorld"
    blocks_mouse = False

    def __init__(self, rect: Rect) -> None:
        self.rect = rect
        self.callbacks: dict[str, Callable[[Any], None]] = {}
        self.shown: SkiaCanvas | None = None
        self._hidden = False
        self.world.canvases.append(self)

    @classmethod
    def from_rect(cls, rect: Rect) -> "Canvas":
        cls.world.script.require("Canvas.from_rect")
        cls.world.script.charge(CANVAS_SECONDS)
        cls.world.canvases_created += 1
        return cls(rect)

    def register(self, topic: str, callback: Callable[[Any], None]) -> None:
        if topic not in self.world.canvas_topics:
            raise ValueError(f"unknown topic {topic}")
        self.callbacks[topic] = callback

    def unregister(self, topic: str, callback: Callable[[Any], None]) -> None:
        assert self.callbacks.pop(topic) == callback

    def resize(self, width: float, height: float) -> None:
        self.rect = Rect(self.rect.x, self.rect.y, width, height)

    def move(self, x: float, y: float) -> None:
        self.rect = Rect(x, y, self.rect.width, self.rect.height)

    def freeze(self) -> None:
        self._hidden = False
        self.world.script.later(0.01, self._draw)

    def hide(self) -> None:
        self._hidden, self.shown = True, None

    def close(self) -> None:
        self.hide()
        self.callbacks.clear()
        self.world.canvases.remove(self)

    def _draw(self) -> None:
        if "draw" in self.callbacks and not self._hidden:
            self.shown = SkiaCanvas(self.rect)
            self.world.script.run(self.callbacks["draw"], self.shown)


def _imgui_open(world: "TalonWorld") -> Callable[..., Any]:
    class Window:
        """An immediate-mode window: its function runs for every frame while it is shown."""

        def __init__(self, draw: Callable[[Any], None]) -> None:
            self.draw, self.showing = draw, False
            world.imgui_windows.append(self)

        def show(self) -> None:
            self.showing = True

        def hide(self) -> None:
            self.showing = False

        def frame(self) -> list[str]:
            lines: list[str] = []
            gui = ModuleType("gui")
            gui.__dict__.update(
                text=lines.append, line=lambda: None, spacer=lambda: None, button=lambda _: False
            )
            world.script.run(self.draw, gui)
            return lines

    def open_window(*args: Any, **kwargs: Any) -> Callable[[Callable[[Any], None]], Window]:
        return Window

    return open_window
