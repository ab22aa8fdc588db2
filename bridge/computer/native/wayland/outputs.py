"""The outputs of a compositor: where each is on the desktop, and how its pixels are turned."""

# State: the outputs that are there. They come and go as globals; what is known of one changes with
# its events, which `read` waits for. Points are those of the compositor's layout ("logical"):
# a screen of 3840 pixels with scale 2 is 1920 points wide.

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.wire import Request, WaylandError
from bridge.computer.screen.geometry import Point, Rect, Size

_OUTPUT, _MANAGER = "wl_output", "zxdg_output_manager_v1"
_RELEASE, _GET_XDG_OUTPUT, _DESTROY = Request(0), Request(1, "no"), Request(0)
_OUTPUT_VERSION, _MANAGER_VERSION = 3, 3
_CURRENT_MODE = 1
LONGEST_SIDE = 32_767
"""Pixels or points of a side; the X protocol has the same limit."""
FARTHEST = 1_000_000
"""The farthest that a screen may be from the corner of the layout."""
_TRANSFORMS = range(8)


@dataclass(frozen=True, slots=True)
class Output:
    """A screen as the compositor describes it."""

    object: int
    """The number of its `wl_output`."""
    area: Rect
    """In points of the layout."""
    transform: int
    """How its pixels are turned, as in `wl_output.transform`: 1 is 90° anticlockwise."""


@dataclass
class _Facts:
    """What the events of an output have said so far."""

    object: int
    xdg_object: int | None = None
    position: Point = field(default_factory=lambda: Point(0, 0))
    mode: Size = field(default_factory=lambda: Size(0, 0))
    scale: int = 1
    transform: int = 0
    logical_position: Point | None = None
    logical_size: Size | None = None

    def to_output(self) -> Output | None:
        """Return the output; None if it is off. Raises WaylandError for impossible numbers."""
        position = self.logical_position or self.position
        size = self.logical_size or compute_size(self.mode, self.scale, self.transform)
        if min(size) <= 0:
            return None
        far = max(abs(position.x), abs(position.y))
        if max(size) > LONGEST_SIDE or far > FARTHEST or self.transform not in _TRANSFORMS:
            raise WaylandError(f"The compositor describes a screen of {size} at {position}.")
        return Output(self.object, Rect(*position, *size), self.transform)


@dataclass
class Outputs:
    """The outputs of one connection, in the order in which they were announced."""

    connection: Connection
    _known: dict[int, _Facts] = field(default_factory=dict)
    _manager: int | None = None
    _version: int = -1

    def read(self) -> list[Output]:
        """Return the outputs that are on now."""
        self.connection.roundtrip()
        if self.connection.version != self._version:
            self._version = self.connection.version
            self._follow_globals()
            self.connection.roundtrip()
        outputs = [facts.to_output() for facts in self._known.values()]
        return [output for output in outputs if output is not None]

    def _follow_globals(self) -> None:
        offered = {each.name: each for each in self.connection.find(_OUTPUT)}
        for name in self._known.keys() - offered.keys():
            self._drop(self._known.pop(name))
        if self._manager is None and self.connection.has(_MANAGER):
            self._manager = self.connection.bind_first(_MANAGER, _MANAGER_VERSION)
        for name in offered.keys() - self._known.keys():
            object = self.connection.bind(offered[name], _OUTPUT_VERSION)
            self._known[name] = self._follow_events(_Facts(object))
        self._known = {name: self._known[name] for name in offered}

    def _follow_events(self, facts: _Facts) -> _Facts:
        """Follow the events of an output."""

        def set_geometry(x: int, y: int, *rest: object) -> None:
            facts.position = Point(x, y)
            transform = rest[-1]
            facts.transform = transform if isinstance(transform, int) else -1

        def set_mode(flags: int, width: int, height: int, _refresh: int) -> None:
            if flags & _CURRENT_MODE:
                facts.mode = Size(width, height)

        def set_scale(scale: int) -> None:
            facts.scale = scale

        def set_position(x: int, y: int) -> None:
            facts.logical_position = Point(x, y)

        def set_size(width: int, height: int) -> None:
            facts.logical_size = Size(width, height)

        geometry, mode = Event("iiiiissi", set_geometry), Event("uiii", set_mode)
        self.connection.listen(facts.object, {0: geometry, 1: mode, 3: Event("i", set_scale)})
        if self._manager is not None:
            facts.xdg_object = self.connection.make_id()
            position, size = Event("ii", set_position), Event("ii", set_size)
            self.connection.listen(facts.xdg_object, {0: position, 1: size})
            self.connection.send(self._manager, _GET_XDG_OUTPUT, facts.xdg_object, facts.object)
        return facts

    def _drop(self, facts: _Facts) -> None:
        if facts.xdg_object is not None:
            self.connection.send(facts.xdg_object, _DESTROY)
        self.connection.send(facts.object, _RELEASE)


def compute_size(mode: Size, scale: int, transform: int) -> Size:
    """Return the points of an output by its pixels, for compositors that do not tell them."""
    width, height = (mode.height, mode.width) if transform % 2 else mode
    return Size(width // max(scale, 1), height // max(scale, 1))


def join_areas(areas: list[Rect]) -> Rect:
    """Return the smallest rectangle with all areas in it; there must be one."""
    left, top = min(area.left for area in areas), min(area.top for area in areas)
    right, bottom = max(area.right for area in areas), max(area.bottom for area in areas)
    return Rect(left, top, right - left, bottom - top)
