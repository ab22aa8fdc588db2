"""Requests of X's keyboard extension that Xlib for Python lacks.

https://www.x.org/releases/current/doc/kbproto/xkbproto.html#appendix_d_protocol_encoding
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

_CORE_KEYBOARD = 0x100
_KEY_TYPES_AND_SYMS = 0x3


@dataclass(frozen=True, slots=True)
class KeyboardState:
    """`group`: index of the layout in use; `locked`: mask of locked modifiers."""

    group: int
    locked: int


@dataclass(frozen=True, slots=True)
class KeyMap:
    """The reply to XkbGetMap: the counts of its head, and the rest as bytes."""

    first_code: int
    codes: int
    types: int
    body: bytes


class Xkb:
    """The keyboard extension on one display."""

    def __init__(self, display: Any) -> None:
        self._display = display.display
        self._opcode = display.query_extension("XKEYBOARD").major_opcode
        # The server refuses all other requests before this one.
        self._send_request("UseExtension", major=1, minor=0)

    def read_state(self) -> KeyboardState:
        """Read the layout in use and the locked modifiers."""
        reply = self._send_request("GetState", device=_CORE_KEYBOARD)
        return KeyboardState(group=reply.group, locked=reply.locked)

    def read_map(self) -> KeyMap:
        """Read the whole key map; see `layout.read_layout`."""
        reply = self._send_request("GetMap", device=_CORE_KEYBOARD, full=_KEY_TYPES_AND_SYMS)
        body = bytes(reply.body)
        return KeyMap(reply.first_code, reply.codes, reply.types, body)

    def lock(self, mask: int, *, on: bool) -> None:
        """Lock or unlock modifiers, as the Caps Lock key does for its own."""
        values = {"affect": mask, "locks": mask if on else 0}
        self._send_request("LatchLockState", device=_CORE_KEYBOARD, **values)

    def _send_request(self, request: str, **values: int) -> Any:
        return _define_requests()[request](display=self._display, opcode=self._opcode, **values)


@cache
def _define_requests() -> dict[str, Any]:
    from Xlib.protocol import rq

    def request_struct(minor: int, *fields: Any) -> Any:
        return rq.Struct(rq.Card8("opcode"), rq.Opcode(minor), rq.RequestLength(), *fields)

    def reply_struct(*fields: Any) -> Any:
        start = (rq.ReplyCode(), rq.Card8("device"), rq.Card16("sequence_number"))
        return rq.Struct(*start, rq.ReplyLength(), *fields)

    class UseExtension(rq.ReplyRequest):  # type: ignore[misc]  # untyped
        _request = request_struct(0, rq.Card16("major"), rq.Card16("minor"))
        _reply = reply_struct(rq.Card16("major"), rq.Card16("minor"), rq.Pad(20))

    class GetState(rq.ReplyRequest):  # type: ignore[misc]  # untyped
        _request = request_struct(4, rq.Card16("device"), rq.Pad(2))
        _reply = reply_struct(
            *(rq.Card8("mods"), rq.Card8("base"), rq.Card8("latched"), rq.Card8("locked")),
            *(rq.Card8("group"), rq.Card8("locked_group"), rq.Pad(18)),
        )

    class LatchLockState(rq.Request):  # type: ignore[misc]  # untyped
        _request = request_struct(
            5, rq.Card16("device"), rq.Card8("affect"), rq.Card8("locks"), rq.Pad(8)
        )

    class GetMap(rq.ReplyRequest):  # type: ignore[misc]  # untyped
        _request = request_struct(8, rq.Card16("device"), rq.Card16("full"), rq.Pad(20))
        _reply = reply_struct(
            *(rq.Pad(2), rq.Card8("min_code"), rq.Card8("max_code"), rq.Pad(2)),
            *(rq.Card8("first_type"), rq.Card8("types"), rq.Card8("total_types")),
            *(rq.Card8("first_code"), rq.Card16("total_syms"), rq.Card8("codes"), rq.Pad(19)),
            rq.List("body", rq.Card8Obj),
        )

    requests = (UseExtension, GetState, LatchLockState, GetMap)
    return {request.__name__: request for request in requests}
