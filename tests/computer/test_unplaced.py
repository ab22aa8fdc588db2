"""Windows of which nobody knows where they are, as on most Wayland compositors."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bridge.computer.actions import Action, read_action
from bridge.computer.batch import carry_out, preview
from bridge.computer.desktop import Window
from bridge.computer.executor import DesktopContext
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Rect
from tests.computer.fake_desktop import FakeDesktop

AREA = Rect(0, 0, 1920, 1080)
NOTES = Window("Notes", "gedit", AREA, active=True, is_placed=False)
VAULT = Window("Passwords – KeePassXC", "KeePassXC", AREA, active=False, is_placed=False)
SHOP = Window("Checkout – Shop", "chromium", AREA, active=False, is_placed=False)
ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("left_click", {"coordinate": [5, 5]}),
    ("mouse_move", {"coordinate": [5, 5]}),
    ("scroll", {"coordinate": [5, 5], "scroll_direction": "down", "scroll_amount": 1}),
    ("key", {"text": "Return"}),
    ("type", {"text": "hello"}),
    ("focus_window", {"window": "Notes"}),
]


def do(desktop: FakeDesktop, action: Action) -> tuple[str, list[Any]]:
    performer = Performer(desktop, sleep=lambda seconds: None)
    context = DesktopContext(desktop, performer, lambda: None)
    capture = Capture(CaptureOptions(secret=DEFAULT.never))
    grant = preview([action], capture, DEFAULT, with_picture=False)(context).make_grant()
    texts: list[str] = []
    carry_out([action], capture, DEFAULT, grant, lambda each: texts.append(each.text))(context)
    done = [line for line in desktop.done if line[0] in ("move", "press", "type", "key_down")]
    return texts[0], done


@pytest.mark.parametrize(("member", "fields"), ACTIONS)
def test_no_action_is_possible_while_a_never_listed_window_is_open(
    member: str, fields: dict[str, Any]
) -> None:
    desktop = FakeDesktop()
    desktop.shown = [NOTES, VAULT]
    text, done = do(desktop, read_action(member, fields))
    assert text.startswith("Refused: a window with “keepass” in its title or program is open")
    assert "does not tell where windows are" in text
    assert "closes or minimizes it" in text
    assert done == []


@pytest.mark.parametrize(("member", "fields"), ACTIONS)
def test_without_it_the_same_actions_are_carried_out(member: str, fields: dict[str, Any]) -> None:
    desktop = FakeDesktop()
    desktop.shown = [NOTES]
    text, _ = do(desktop, read_action(member, fields))
    assert text == "OK"


def test_pictures_are_black_while_it_is_open() -> None:
    desktop = FakeDesktop()
    desktop.shown = [NOTES, VAULT]
    capture = Capture(CaptureOptions(secret=DEFAULT.never, form="png"))
    picture = Image.open(BytesIO(capture.take_screenshot(desktop).data))
    assert picture.getextrema() == ((0, 0), (0, 0), (0, 0))


def test_a_click_is_judged_by_every_window_that_it_may_hit() -> None:
    desktop = FakeDesktop()
    desktop.shown = [NOTES, SHOP]
    performer = Performer(desktop, sleep=lambda seconds: None)
    context = DesktopContext(desktop, performer, lambda: None)
    click = read_action("left_click", {"coordinate": [5, 5]})
    seen = preview([click], Capture(CaptureOptions()), DEFAULT, with_picture=False)(context)
    assert seen.judgement.risks == ("buying",)
