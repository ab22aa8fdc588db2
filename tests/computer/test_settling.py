"""An action's result is waited for: not longer than it takes, and never for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.computer.settling import (
    CHANGE_SECONDS,
    FOCUS_SECONDS,
    LEAST_BEFORE_KEYS,
    LEAST_SECONDS,
    LOOK_SECONDS,
    MOST_SECONDS,
    Settling,
)
from bridge.errors import Stopped
from tests.computer.fake_desktop import FakeDesktop

if TYPE_CHECKING:
    from PIL.Image import Image

SCREEN = Rect(0, 0, 320, 240)


class Screen(FakeDesktop):
    """A desktop whose picture depends on the time; only sleeping lets time pass."""

    def __init__(self, paint: Callable[[float, Image], object]) -> None:
        super().__init__(SCREEN)
        self.now = 0.0
        self._paint = paint
        self.settling = Settling(self, self.sleep, lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        from PIL import Image

        image = Image.new("RGB", area.size, "white")
        self._paint(self.now, image)
        return image

    def act(self) -> None:
        with self.settling.watch(SCREEN):
            pass

    def measure_wait(self, *, before_keys: bool = False) -> float:
        started = self.now
        self.settling.wait(lambda: None, before_keys=before_keys)
        return self.now - started


def draw_menu(at: float) -> Callable[[float, Image], object]:
    def paint(now: float, image: Image) -> None:
        if now >= at:
            image.paste("black", (20, 20, 120, 200))

    return paint


def test_a_result_that_is_there_at_once_is_looked_at_twice() -> None:
    screen = Screen(draw_menu(0.01))
    screen.act()
    assert screen.measure_wait() == pytest.approx(LEAST_SECONDS)
    screen = Screen(draw_menu(0.01))
    screen.act()
    assert screen.measure_wait(before_keys=True) == pytest.approx(LEAST_BEFORE_KEYS)


@pytest.mark.parametrize("at", [0.07, 0.1, 0.11])
def test_a_late_result_is_waited_for(at: float) -> None:
    screen = Screen(draw_menu(at))
    screen.act()
    assert at + LOOK_SECONDS <= screen.measure_wait() < at + 3 * LOOK_SECONDS


def test_before_keys_a_dialog_may_take_longer() -> None:
    screen = Screen(draw_menu(0.22))
    screen.act()
    assert 0.22 <= screen.measure_wait(before_keys=True) < 0.22 + 3 * LOOK_SECONDS


def test_what_changes_nothing_is_waited_for_briefly() -> None:
    screen = Screen(lambda now, image: None)
    screen.act()
    assert screen.measure_wait() == pytest.approx(CHANGE_SECONDS)
    screen.act()
    assert screen.measure_wait(before_keys=True) == pytest.approx(FOCUS_SECONDS)


def test_another_window_with_the_focus_is_a_result() -> None:
    screen = Screen(lambda now, image: None)
    screen.shown = [Window("One", "one", SCREEN, active=True)]
    screen.act()
    screen.shown = [Window("Two", "two", SCREEN, active=True)]
    assert screen.measure_wait(before_keys=True) == pytest.approx(LEAST_BEFORE_KEYS)


def test_a_cursor_that_blinks_is_no_change() -> None:
    def blink(now: float, image: Image) -> None:
        if round(now / LOOK_SECONDS) % 2:
            image.paste("black", (100, 100, 102, 118))

    screen = Screen(blink)
    screen.act()
    assert screen.measure_wait() <= CHANGE_SECONDS + LOOK_SECONDS


def test_a_video_is_not_waited_for_for_ever() -> None:
    def play(now: float, image: Image) -> None:
        shade = 80 * (round(now / LOOK_SECONDS) % 3)
        image.paste((shade, shade, shade), (0, 0, 99, 99))

    screen = Screen(play)
    screen.act()
    assert screen.measure_wait() == pytest.approx(MOST_SECONDS)


def test_nothing_is_waited_for_without_an_action_or_long_after_one() -> None:
    screen = Screen(draw_menu(0.01))
    assert screen.measure_wait() == 0
    screen.act()
    screen.sleep(MOST_SECONDS + 0.1)
    assert screen.measure_wait() == 0


def test_nothing_is_waited_for_twice() -> None:
    screen = Screen(draw_menu(0.01))
    screen.act()
    assert screen.measure_wait() > 0
    assert screen.measure_wait() == 0


def test_an_area_that_is_no_screen_any_more_is_not_looked_at() -> None:
    screen = Screen(draw_menu(0.01))
    with screen.settling.watch(Rect(0, 0, 9999, 9999)):
        pass
    assert screen.measure_wait() == 0


def test_a_screen_that_changes_during_the_wait_ends_it() -> None:
    screen = Screen(lambda now, image: None)
    screen.act()
    screen._screens = (Rect(0, 0, 200, 100),)
    assert screen.measure_wait() == pytest.approx(LOOK_SECONDS)


def test_a_stop_ends_the_wait() -> None:
    screen = Screen(lambda now, image: None)
    screen.act()

    def check() -> None:
        raise Stopped("Stopped.")

    with pytest.raises(Stopped):
        screen.settling.wait(check, before_keys=False)
