"""Texts arrive exactly, in four programs and on three layouts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.computer.native.x11.input import X11Input
from tests.computer.native.programs.start import PROGRAMS, Program, eventually
from tests.computer.native.texts import CHOSEN, LONG, seeded

pytestmark = pytest.mark.end_to_end

LAYOUTS = ("us", "de", "fr")
SHARES = [(program, layout) for program in PROGRAMS for layout in LAYOUTS]
TEXTS = (*CHOSEN, *seeded(184, seed=1))


def never() -> None:
    """A check that never stops."""


def type_text(input_device: X11Input, program: Program, text: str) -> str:
    """Type a text; return what has arrived when it is complete or time is over."""
    before = len(program.text())
    input_device.type(text, never)
    eventually(lambda: program.text()[before:] == text, 5)
    return program.text()[before:]


@pytest.mark.parametrize(("name", "keyboard"), SHARES)
def test_each_text_arrives_exactly(
    input_device: X11Input,
    program: Callable[[str], Program],
    layout: Callable[[str], None],
    name: str,
    keyboard: str,
) -> None:
    window = program(name)
    layout(keyboard)
    window.take_focus()
    share = TEXTS[SHARES.index((name, keyboard)) :: len(SHARES)]
    assert len(share) == 17
    assert [type_text(input_device, window, text) for text in share] == list(share)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_long_text_arrives_exactly(
    input_device: X11Input,
    program: Callable[[str], Program],
    layout: Callable[[str], None],
    name: str,
) -> None:
    window = program(name)
    window.take_focus()
    assert type_text(input_device, window, LONG) == LONG
