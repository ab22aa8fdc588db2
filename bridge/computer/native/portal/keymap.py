"""The user's keyboard layout: which characters it has, read by libxkbcommon."""

# A desktop presses the key that has a symbol on the layout in use; for other symbols it does
# nothing, and does not say so. So what cannot be typed by keys has to be known here. With several
# layouts, the one in use is unknown: sure is only what all of them have.

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterator, Mapping
from ctypes import POINTER, c_char_p, c_int, c_uint32, c_void_p
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bridge.computer.native.wayland.connection import Connection, Event
from bridge.computer.native.wayland.wire import Request, WaylandError
from bridge.errors import DesktopUnavailable

MISSING = (
    "The keyboard's layout is read with libxkbcommon, which is not installed. Install the package "
    "`libxkbcommon0` (Debian, Ubuntu) or `libxkbcommon` (Fedora)."
)
_LIBRARY = "libxkbcommon.so.0"
_TEXT_FORMAT = 1
_MOST_LEVELS = 3
"""Without a modifier, with Shift, and with AltGr: more modifiers no desktop holds for a symbol."""
_GET_KEYBOARD, _HAS_KEYBOARD = Request(1, "n"), 2
_SEAT_VERSION = 1
_OFFSET = 8
"""A key code of XKB is that of Linux and eight."""
_LARGEST = 1 << 22


@dataclass(frozen=True, slots=True)
class Keymap:
    """The characters of a keyboard."""

    symbols: Mapping[str, int] = field(default_factory=dict)
    """The symbol of each character that every layout has."""
    codes: Mapping[str, int] = field(default_factory=dict)
    """Linux' code of the key that has a character alone, on any layout."""


def find_keysym(name: str) -> int:
    """Return the number of a symbol by X's name of it; 0 if there is none."""
    return int(load_xkbcommon().xkb_keysym_from_name(name.encode(), 0))


def read_keymap(environment: Mapping[str, str] = os.environ) -> Keymap:
    """Read the layout that the compositor tells its programs. Raises OSError if it does not."""
    with Connection(environment) as connection:
        seat = connection.bind_first("wl_seat", _SEAT_VERSION)
        abilities: list[int] = []
        connection.listen(seat, {0: Event("u", abilities.append)})
        connection.roundtrip()
        if not any(each & _HAS_KEYBOARD for each in abilities):
            raise WaylandError("The desktop has no keyboard.")
        texts: list[str] = []

        def take(descriptor: int, format: int, size: int) -> None:
            try:
                if format == _TEXT_FORMAT and 0 < size <= _LARGEST:
                    with mmap.mmap(descriptor, size, mmap.MAP_PRIVATE, mmap.PROT_READ) as memory:
                        texts.append(bytes(memory).rstrip(b"\0").decode())
            finally:
                os.close(descriptor)

        keyboard = connection.make_id()
        connection.listen(keyboard, {0: Event("uhu", take)})
        connection.send(seat, _GET_KEYBOARD, keyboard)
        connection.roundtrip()
    if not texts:
        raise WaylandError("The desktop tells no keyboard layout.")
    return parse_keymap(texts[-1])


def parse_keymap(text: str) -> Keymap:
    """Parse a keymap in XKB's text format. Raises OSError for what is none."""
    library = load_xkbcommon()
    context = library.xkb_context_new(0)
    keymap = library.xkb_keymap_new_from_string(context, text.encode(), _TEXT_FORMAT, 0)
    try:
        if not keymap:
            raise WaylandError("The desktop's keyboard layout cannot be read.")
        return _read_characters(library, keymap)
    finally:
        library.xkb_keymap_unref(keymap)
        library.xkb_context_unref(context)


def _read_characters(library: Any, keymap: int) -> Keymap:
    layouts = max(1, library.xkb_keymap_num_layouts(keymap))
    symbols: list[dict[str, int]] = [{} for _ in range(layouts)]
    codes: dict[str, int] = {}
    first, last = library.xkb_keymap_min_keycode(keymap), library.xkb_keymap_max_keycode(keymap)
    for key in range(first, last + 1):
        own = library.xkb_keymap_num_layouts_for_key(keymap, key)
        for layout in range(layouts if own else 0):
            for level, symbol in _list_symbols(library, keymap, key, layout % own):
                point = library.xkb_keysym_to_utf32(symbol)
                if point >= ord(" ") and point != 0x7F:
                    symbols[layout].setdefault(chr(point), symbol)
                    if level == 0:
                        codes.setdefault(chr(point), key - _OFFSET)
    common = {
        character: symbol
        for character, symbol in symbols[0].items()
        if all(each.get(character) == symbol for each in symbols)
    }
    return Keymap(common, codes)


def _list_symbols(library: Any, keymap: int, key: int, layout: int) -> Iterator[tuple[int, int]]:
    """List the levels of a key that have one symbol, with it."""
    levels = library.xkb_keymap_num_levels_for_key(keymap, key, layout)
    for level in range(min(levels, _MOST_LEVELS)):
        found = POINTER(c_uint32)()
        count = library.xkb_keymap_key_get_syms_by_level(
            keymap, key, layout, level, ctypes.byref(found)
        )
        if count == 1:
            yield level, found[0]


@cache
def load_xkbcommon() -> Any:
    """Load the library. Raises DesktopUnavailable without it."""
    try:
        library: Any = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise DesktopUnavailable(MISSING) from error
    functions: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
        "xkb_context_new": (c_void_p, (c_int,)),
        "xkb_context_unref": (None, (c_void_p,)),
        "xkb_keymap_new_from_string": (c_void_p, (c_void_p, c_char_p, c_int, c_int)),
        "xkb_keymap_unref": (None, (c_void_p,)),
        "xkb_keymap_min_keycode": (c_uint32, (c_void_p,)),
        "xkb_keymap_max_keycode": (c_uint32, (c_void_p,)),
        "xkb_keymap_num_layouts": (c_uint32, (c_void_p,)),
        "xkb_keymap_num_layouts_for_key": (c_uint32, (c_void_p, c_uint32)),
        "xkb_keymap_num_levels_for_key": (c_uint32, (c_void_p, c_uint32, c_uint32)),
        "xkb_keymap_key_get_syms_by_level": (
            c_int,
            (c_void_p, c_uint32, c_uint32, c_uint32, c_void_p),
        ),
        "xkb_keysym_to_utf32": (c_uint32, (c_uint32,)),
        "xkb_keysym_from_name": (c_uint32, (c_char_p, c_int)),
    }
    for name, (result, arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
