"""Parse key names: xdotool's spelling, and the other spellings that models use."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.errors import InvalidRequest

MODIFIERS: Mapping[str, str] = {
    "shift": "Shift_L",
    "ctrl": "Control_L",
    "control": "Control_L",
    "alt": "Alt_L",
    "option": "Alt_L",
    "altgr": "ISO_Level3_Shift",
    "meta": "Super_L",
    "super": "Super_L",
    "win": "Super_L",
    "windows": "Super_L",
    "cmd": "Super_L",
    "command": "Super_L",
}
"""Maps names of modifiers to the keysym to press; `Super_L` is Command on macOS."""

_NAMED: Mapping[str, str] = {
    **MODIFIERS,
    "shift_l": "Shift_L",
    "shift_r": "Shift_R",
    "control_l": "Control_L",
    "control_r": "Control_R",
    "ctrl_l": "Control_L",
    "ctrl_r": "Control_R",
    "alt_l": "Alt_L",
    "alt_r": "Alt_R",
    "super_l": "Super_L",
    "super_r": "Super_R",
    "iso_level3_shift": "ISO_Level3_Shift",
    "return": "Return",
    "enter": "Return",
    "kp_enter": "KP_Enter",
    "tab": "Tab",
    "escape": "Escape",
    "esc": "Escape",
    "backspace": "BackSpace",
    "back_space": "BackSpace",
    "delete": "Delete",
    "del": "Delete",
    "insert": "Insert",
    "ins": "Insert",
    "home": "Home",
    "end": "End",
    "page_up": "Page_Up",
    "pageup": "Page_Up",
    "pgup": "Page_Up",
    "prior": "Page_Up",
    "page_down": "Page_Down",
    "pagedown": "Page_Down",
    "pgdn": "Page_Down",
    "next": "Page_Down",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "arrowup": "Up",
    "arrowdown": "Down",
    "arrowleft": "Left",
    "arrowright": "Right",
    "space": "space",
    "caps_lock": "Caps_Lock",
    "capslock": "Caps_Lock",
    "num_lock": "Num_Lock",
    "numlock": "Num_Lock",
    "scroll_lock": "Scroll_Lock",
    "print": "Print",
    "printscreen": "Print",
    "pause": "Pause",
    "menu": "Menu",
    "plus": "plus",
    "minus": "minus",
    "equal": "equal",
    "comma": "comma",
    "period": "period",
    "dot": "period",
    "slash": "slash",
    "backslash": "backslash",
    "semicolon": "semicolon",
    "colon": "colon",
    "apostrophe": "apostrophe",
    "quotedbl": "quotedbl",
    "grave": "grave",
    "asciitilde": "asciitilde",
    "bracketleft": "bracketleft",
    "bracketright": "bracketright",
    "braceleft": "braceleft",
    "braceright": "braceright",
    "parenleft": "parenleft",
    "parenright": "parenright",
    "underscore": "underscore",
    "asterisk": "asterisk",
    "at": "at",
    "numbersign": "numbersign",
    "dollar": "dollar",
    "percent": "percent",
    "asciicircum": "asciicircum",
    "ampersand": "ampersand",
    "exclam": "exclam",
    "question": "question",
    "less": "less",
    "greater": "greater",
    "bar": "bar",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
    **{f"kp_{digit}": f"KP_{digit}" for digit in range(10)},
    "kp_add": "KP_Add",
    "kp_subtract": "KP_Subtract",
    "kp_multiply": "KP_Multiply",
    "kp_divide": "KP_Divide",
    "kp_decimal": "KP_Decimal",
    "xf86audioraisevolume": "XF86AudioRaiseVolume",
    "xf86audiolowervolume": "XF86AudioLowerVolume",
    "xf86audiomute": "XF86AudioMute",
    "xf86audioplay": "XF86AudioPlay",
    "xf86audionext": "XF86AudioNext",
    "xf86audioprev": "XF86AudioPrev",
}

SYMBOLS: Mapping[str, str] = {
    "plus": "+",
    "minus": "-",
    "equal": "=",
    "comma": ",",
    "period": ".",
    "slash": "/",
    "backslash": "\\",
    "semicolon": ";",
    "colon": ":",
    "apostrophe": "'",
    "quotedbl": '"',
    "grave": "`",
    "asciitilde": "~",
    "bracketleft": "[",
    "bracketright": "]",
    "braceleft": "{",
    "braceright": "}",
    "parenleft": "(",
    "parenright": ")",
    "underscore": "_",
    "asterisk": "*",
    "at": "@",
    "numbersign": "#",
    "dollar": "$",
    "percent": "%",
    "asciicircum": "^",
    "ampersand": "&",
    "exclam": "!",
    "question": "?",
    "less": "<",
    "greater": ">",
    "bar": "|",
    "space": " ",
}
"""Keysym names of characters."""

_NAMES = {character: name for name, character in SYMBOLS.items()}


Chord = tuple[str, ...]
"""Keysyms pressed in this order and released in reverse; the last is the key itself."""

Combination = frozenset[str]
"""The keys that are down together, one name per key; what a rule is compared with."""

_SAME_KEY: Mapping[str, str] = {
    **{f"{name}_{side}": name for name in ("Shift", "Control", "Alt", "Super") for side in "LR"},
    # Option on macOS, and the right Alt on Windows, where alt+F4 may be either.
    "ISO_Level3_Shift": "Alt",
    "KP_Enter": "Return",
    **{f"KP_{digit}": str(digit) for digit in range(10)},
    "KP_Add": "+",
    "KP_Subtract": "-",
    "KP_Multiply": "*",
    "KP_Divide": "/",
    "KP_Decimal": ".",
    "\n": "Return",
    "\r": "Return",
    "\t": "Tab",
    "\b": "BackSpace",
    "\x1b": "Escape",
}
_UNSHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
"""The key of each character on a US keyboard that needs Shift."""
_CONTROL_KEYS = {"m": "Return", "j": "Return", "i": "Tab", "h": "BackSpace", "[": "Escape"}
"""Keys that terminals get for Control with a character."""


def to_combinations(chord: Chord) -> frozenset[Combination]:
    """Return what a chord presses, whatever its spelling, order and repetitions.

    More than one for Control with a letter that is another key as well, such as ctrl+m.
    """
    keys: set[str] = set()
    for name in chord:
        key = _SAME_KEY.get(name, SYMBOLS.get(name, name))
        if key in _UNSHIFTED:
            keys |= {"Shift", _UNSHIFTED[key]}
        elif len(key) == 1 and key != key.lower():
            keys |= {"Shift", key.lower()}
        else:
            keys.add(key)
    rest = keys - {"Control", *_CONTROL_KEYS}
    others = [rest | {other} for key, other in _CONTROL_KEYS.items() if {"Control", key} <= keys]
    return frozenset(frozenset(pressed) for pressed in (keys, *others))


def parse_combinations(text: str) -> frozenset[Combination]:
    """Parse key combinations as rules compare them. Raises InvalidRequest."""
    return frozenset(one for chord in parse_chords(text) for one in to_combinations(chord))


def parse_chords(text: str) -> tuple[Chord, ...]:
    """Parse key combinations separated by spaces, such as `ctrl+s` or `ctrl+k ctrl+c`.

    Keys become keysym names; a character without a keysym name stays as it is. Raises
    InvalidRequest for an unknown name.
    """
    # `split` would drop a space, which is a key as well.
    if text == " ":
        return (("space",),)
    chords = tuple(_split_chord(part) for part in text.split())
    if not chords:
        raise InvalidRequest("No key was given.", param="text")
    return chords


def parse_chord(text: str) -> Chord:
    """Parse one key combination, such as `ctrl+shift`. Raises InvalidRequest."""
    chords = parse_chords(text)
    if len(chords) > 1:
        raise InvalidRequest(f"`{text[:40]}`: expected one key combination.", param="text")
    return chords[0]


def _split_chord(text: str) -> Chord:
    if text == "+":
        return ("plus",)
    # "ctrl++" is ctrl and plus.
    parts = text.removesuffix("++").split("+") + (["plus"] if text.endswith("++") else [])
    return tuple(_find_keysym(part, text) for part in parts)


def _find_keysym(name: str, text: str) -> str:
    if len(name) == 1:
        return _NAMES.get(name, name)
    known = _NAMED.get(name.lower())
    if known is None:
        raise InvalidRequest(f"`{name[:40]}` in `{text[:40]}` is not a known key.", param="text")
    return known
