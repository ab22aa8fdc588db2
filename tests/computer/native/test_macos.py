"""On macOS, texts, keys and clicks become the right events."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.computer import keys
from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.macos import (
    DOUBLE_CLICK_SECONDS,
    KEYS,
    ClickCounter,
    MacInput,
    Press,
    find_press,
    read_windows,
    split_typed,
)
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable, InvalidRequest

SHIFT, COMMAND = 0x20000, 0x100000


class FakeQuartz:
    """Quartz with dictionaries as events; it records those that were posted."""

    kCGMouseEventClickState = 1  # noqa: N815  # Quartz's name
    kCGWindowListOptionOnScreenOnly = 1  # noqa: N815
    kCGWindowListExcludeDesktopElements = 16  # noqa: N815
    kCGNullWindowID = 0  # noqa: N815
    kCGHIDEventTap = 0  # noqa: N815
    kCGScrollEventUnitLine = 1  # noqa: N815

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.windows: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> str:
        if name.startswith("kCGEvent"):
            return name.removeprefix("kCGEvent")
        raise AttributeError(name)

    def CGEventCreateKeyboardEvent(self, _: None, code: int, down: bool) -> dict[str, Any]:  # noqa: N802
        return {"code": code, "down": down}

    def CGEventKeyboardSetUnicodeString(self, event: Any, units: int, text: str) -> None:  # noqa: N802
        event["text"] = (units, text)

    def CGEventSetFlags(self, event: Any, flags: int) -> None:  # noqa: N802
        event["flags"] = flags

    def CGEventCreateMouseEvent(self, _: None, kind: str, at: Any, button: int) -> dict[str, Any]:  # noqa: N802
        return {"kind": kind, "at": at, "button": button}

    def CGEventSetIntegerValueField(self, event: Any, _: int, value: int) -> None:  # noqa: N802
        event["count"] = value

    def CGEventCreateScrollWheelEvent(self, _: None, unit: int, wheels: int, *by: int) -> Any:  # noqa: N802
        return {"scroll": by, "wheels": wheels}

    def CGEventPost(self, _: int, event: Any) -> None:  # noqa: N802
        self.posted.append(event)

    def CGWindowListCopyWindowInfo(self, _: int, __: int) -> list[dict[str, Any]]:  # noqa: N802
        return self.windows


class StillMouse:
    def position(self) -> tuple[float, float]:
        return (10.0, 20.0)


@pytest.fixture
def quartz() -> FakeQuartz:
    return FakeQuartz()


@pytest.fixture
def input_device(quartz: FakeQuartz) -> MacInput:
    return MacInput(
        quartz,
        StillMouse(),
        trusted=lambda: True,
        front=lambda: 7,
        name_bundle=lambda process: f"org.p{process}",
        clock=lambda: 5.0,
    )


def test_a_missing_permission_comes_with_a_hint(quartz: FakeQuartz) -> None:
    with pytest.raises(DesktopUnavailable, match="Privacy & Security > Accessibility"):
        MacInput(quartz, StillMouse(), trusted=lambda: False)


def test_clicks_in_a_row_are_counted() -> None:
    clicks = ClickCounter()
    here, near, far = Point(0, 0), Point(3, -3), Point(9, 0)
    assert [clicks.count_click("left", here, 0.0), clicks.count_click("left", near, 0.3)] == [1, 2]
    assert clicks.count_click("left", near, 0.3 + DOUBLE_CLICK_SECONDS) == 3
    assert clicks.count_click("left", near, 2.0) == 1
    assert clicks.count_click("left", far, 2.1) == 1
    assert clicks.count_click("right", far, 2.2) == 1


def test_a_double_click_has_its_count(input_device: MacInput, quartz: FakeQuartz) -> None:
    for _ in range(2):
        input_device.press("left")
        input_device.release("left")
    posted = [(event["kind"], event["count"]) for event in quartz.posted]
    assert posted == [
        *(("LeftMouseDown", 1), ("LeftMouseUp", 1)),
        *(("LeftMouseDown", 2), ("LeftMouseUp", 2)),
    ]


def test_a_move_with_a_button_down_is_a_drag(input_device: MacInput, quartz: FakeQuartz) -> None:
    input_device.move(Point(-5, 6))
    input_device.press("middle")
    input_device.move(Point(7, 8))
    input_device.release("middle")
    input_device.move(Point(9, 9))
    posted = [(event["kind"], event["button"]) for event in quartz.posted]
    assert posted == [
        *(("MouseMoved", 0), ("OtherMouseDown", 2), ("OtherMouseDragged", 2)),
        *(("OtherMouseUp", 2), ("MouseMoved", 0)),
    ]
    assert quartz.posted[0]["at"] == (-5, 6)


def test_keys_carry_the_flags_of_held_modifiers(input_device: MacInput, quartz: FakeQuartz) -> None:
    input_device.press_key("Super_L")
    input_device.press_key("a")
    input_device.press("left")
    input_device.release_key("a")
    input_device.release_key("Super_L")
    flags = [event["flags"] for event in quartz.posted]
    assert flags == [COMMAND, COMMAND, COMMAND, COMMAND, 0]


def test_a_capital_has_shift_in_its_flags() -> None:
    assert find_press("A") == Press(0, SHIFT, "A")
    assert find_press("a") == Press(0, 0, "a")
    assert find_press("exclam") == Press(0x12, SHIFT, "!")
    assert find_press("世") == Press(0, 0, "世")


def test_text_is_carried_by_events_and_line_ends_are_return() -> None:
    assert split_typed("aé\n\tx") == [
        *(Press(0, 0, "aé"), Press(KEYS["Return"]), Press(KEYS["Tab"]), Press(0, 0, "x"))
    ]


def test_a_text_is_typed_whole_without_flags(input_device: MacInput, quartz: FakeQuartz) -> None:
    input_device.type("Straße 😀 or not", lambda: None)
    downs = [event for event in quartz.posted if event["down"]]
    assert [event["text"] for event in downs] == [(9, "Straße 😀"), (7, " or not")]
    assert {event["flags"] for event in quartz.posted} == {0}


@pytest.mark.parametrize(
    ("direction", "by"), [("up", (1,)), ("down", (-1,)), ("left", (0, 1)), ("right", (0, -1))]
)
def test_each_notch_is_one_event(
    input_device: MacInput, quartz: FakeQuartz, direction: Any, by: tuple[int, ...]
) -> None:
    input_device.scroll(direction, 2)
    assert quartz.posted == [{"scroll": by, "wheels": len(by)}] * 2


def test_closing_releases_held_keys(input_device: MacInput, quartz: FakeQuartz) -> None:
    input_device.press_key("Shift_L")
    input_device.close()
    assert [(event["down"], event["flags"]) for event in quartz.posted] == [
        (True, SHIFT),
        (False, 0),
    ]


def test_windows_of_programs_are_listed_and_the_front_one_is_active(
    input_device: MacInput, quartz: FakeQuartz
) -> None:
    bounds = {"X": -10.0, "Y": 25.0, "Width": 300.0, "Height": 200.0}

    def window(process: int, title: str | None, layer: int = 0) -> dict[str, Any]:
        names: dict[str, Any] = {"kCGWindowOwnerPID": process, "kCGWindowOwnerName": f"P{process}"}
        names["kCGWindowNumber"] = 100 + process
        return {**names, "kCGWindowName": title, "kCGWindowLayer": layer, "kCGWindowBounds": bounds}

    quartz.windows = [window(1, "Menubar", 24), window(7, "A"), window(7, None), window(8, "C")]
    area = Rect(-10, 25, 300, 200)
    assert input_device.list_windows() == [
        Window("A", "P7", area, active=True),
        Window("", "P7", area, active=False),
        Window("C", "P8", area, active=False),
    ]
    assert [window.id for window in input_device.list_windows()] == [(107, 7), (107, 7), (108, 8)]
    assert input_device.list_windows()[0].names == ("org.p7",)
    assert input_device.find_focused() == WindowId(107, 7)
    assert read_windows([], 7, str) == []


NOT_ON_A_MAC = {"Scroll_Lock", "Print", "Pause", "F21", "F22", "F23", "F24"} | {
    f"XF86Audio{name}" for name in ("Play", "Next", "Prev")
}


@pytest.mark.parametrize("name", sorted(set(keys._NAMED.values()) - NOT_ON_A_MAC))
def test_every_key_of_a_mac_can_be_pressed(name: str) -> None:
    assert find_press(name).code or find_press(name).character


@pytest.mark.parametrize("name", sorted(NOT_ON_A_MAC))
def test_a_key_that_a_mac_lacks_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"no key `{name}`"):
        find_press(name)
