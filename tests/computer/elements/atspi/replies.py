"""Hypothesis strategies for replies of any type."""

from __future__ import annotations

from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.signature import SignatureType, get_signature_tree
from hypothesis import strategies as st

TYPES = (
    "b",
    "i",
    "u",
    "s",
    "o",
    "v",
    "(so)",
    "a(so)",
    "au",
    "(iiii)",
    "(iii)",
    "a{ss}",
    "as",
    "d",
    "a(ua(so))",
    "",
)
"""Of AT-SPI's replies, and some that are nearly the same."""

_NAMES = st.one_of(
    st.sampled_from(("", ":1.5", "org.a11y.atspi.Registry", ":1.5\n", "no name", "a" * 300)),
    st.text(max_size=10),
)
_PATHS = st.sampled_from(("/", "/org/a11y/atspi/accessible/7", "/org/a11y/atspi/null", "/a" * 900))


def make_reply(signature: str, body: list[Any]) -> Message:
    return Message(
        message_type=MessageType.METHOD_RETURN, reply_serial=1, signature=signature, body=body
    )


def make_error() -> Message:
    return Message(
        message_type=MessageType.ERROR,
        reply_serial=1,
        error_name="org.example.No",
        signature="s",
        body=["No."],
    )


def bodies(signature: str) -> st.SearchStrategy[list[Any]]:
    """Any values with a signature."""
    return st.tuples(*map(_values, get_signature_tree(signature).types)).map(list)


def replies(signature: str) -> st.SearchStrategy[Message | None]:
    """Replies with a signature, mostly: others have another one, or are an error."""
    right = bodies(signature).map(lambda body: make_reply(signature, body))
    wrong = _ANY_TYPE.flatmap(lambda type: bodies(type).map(lambda body: make_reply(type, body)))
    return st.one_of(right, right, wrong, st.none(), st.builds(make_error))


def _values(type: SignatureType) -> st.SearchStrategy[Any]:
    match type.token:
        case "b":
            return st.booleans()
        case "i":
            return st.integers(-(2**31), 2**31 - 1)
        case "u":
            return st.one_of(st.integers(0, 130), st.integers(0, 2**32 - 1))
        case "d":
            return st.floats()
        case "o":
            return _PATHS
        case "s":
            return st.one_of(_NAMES, st.text(max_size=20), st.just("x" * 5000))
        case "v":
            return _ANY_TYPE.filter(len).flatmap(variants)
        case "a" if type.children[0].token == "{":
            return st.dictionaries(*map(_values, type.children[0].children), max_size=3)
        case "a":
            return st.lists(_values(type.children[0]), max_size=3)
        case _:
            return st.tuples(*map(_values, type.children))


def variants(signature: str) -> st.SearchStrategy[Variant]:
    """Any values of one type, as properties have them."""
    (type,) = get_signature_tree(signature).types
    return _values(type).map(lambda value: Variant(signature, value, verify=False))


_ANY_TYPE = st.sampled_from(TYPES)
