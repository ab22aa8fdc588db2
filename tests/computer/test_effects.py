"""What an action touches: windows, keys and text, over one action and over several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.computer.actions import (
    INPUT_ACTIONS,
    MEMBERS,
    InputAction,
    list_places,
)
from bridge.computer.desktop import Window, WindowId
from bridge.computer.effects import Effects, InputState, find_effects, find_path, follow
from bridge.computer.policy import DEFAULT, PolicyFile, judge
from bridge.computer.screen.geometry import Point, Rect, Size, View
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 1920, 1080), Size(960, 540))
TOP = Window("Dialog", "dialog", Rect(100, 100, 400, 300), active=False, id=WindowId(1, 1))
BELOW = Window("Editor", "editor", Rect(0, 0, 1920, 1080), active=True, id=WindowId(2, 2))
HERE = InputState(Point(150, 150))
INSIDE, OUTSIDE = [60, 60], [300, 60]


def find(member: str, state: InputState = HERE, **fields: Any) -> Effects:
    return find_effects(read_input(member, fields), state, VIEW, [TOP, BELOW])


def titles(windows: Sequence[Window]) -> list[str]:
    return [window.title for window in windows]


def test_a_click_touches_the_topmost_window_at_its_place() -> None:
    assert find("left_click", coordinate=INSIDE).main == TOP
    assert find("left_click", coordinate=OUTSIDE).main == BELOW
    assert find("left_click").main == TOP, "where the pointer is"
    assert titles(find("left_click", coordinate=INSIDE).windows) == ["Dialog"]
    assert titles(find("left_click", coordinate=INSIDE).covered) == ["Dialog", "Editor"]


def test_a_title_bar_belongs_to_its_window() -> None:
    framed = Window("A", "a", Rect(10, 30, 50, 50), False, frame=Rect(9, 9, 52, 72))
    click = read_input("left_click", {"coordinate": [5, 5]})
    assert find_effects(click, HERE, VIEW, [framed, BELOW]).main == framed


def test_a_menu_without_a_title_is_touched_but_not_named() -> None:
    menu = Window("", "vault", Rect(100, 100, 50, 50), active=False)
    click = read_input("left_click", {"coordinate": [60, 60]})
    effects = find_effects(click, HERE, VIEW, [menu, BELOW])
    assert effects.main == BELOW
    assert menu in effects.covered


def test_a_drag_touches_both_ends_and_the_way() -> None:
    drag = find("left_click_drag", start_coordinate=INSIDE, coordinate=OUTSIDE)
    assert drag.main == BELOW
    assert titles(drag.windows) == ["Dialog", "Editor"]
    over = find("left_click_drag", start_coordinate=[10, 60], coordinate=OUTSIDE)
    assert "Dialog" in titles(over.windows)


def test_keys_go_to_the_focused_window() -> None:
    assert titles(find("type", text="x").windows) == ["Editor"]
    assert titles(find("key", text="a").windows) == ["Editor"]


@pytest.mark.parametrize(
    ("member", "fields"),
    [
        ("left_click", {}),
        ("triple_click", {}),
        ("scroll", {"scroll_direction": "up", "scroll_amount": 0}),
        ("left_click_drag", {"start_coordinate": INSIDE}),
    ],
)
def test_held_keys_touch_the_focused_window_and_the_place(
    member: str, fields: dict[str, Any]
) -> None:
    effects = find(member, **fields, coordinate=INSIDE, text="Return")
    assert set(titles(effects.windows)) == {"Dialog", "Editor"}
    assert effects.keys == {frozenset({"Return"})}
    assert effects.is_input
    assert effects.typed == "\n"


def test_looking_touches_nothing() -> None:
    assert find("screenshot") == find("cursor_position") == Effects()
    assert find("wait", duration=1) == find("zoom", region=[0, 0, 9, 9]) == Effects()


def test_pointing_and_scrolling_are_no_input_until_a_button_or_a_key_is_down() -> None:
    looking: dict[str, dict[str, Any]] = {
        "mouse_move": {"coordinate": INSIDE},
        "scroll": {"scroll_direction": "up", "scroll_amount": 1},
    }
    pressed = InputState(Point(1000, 1000), pressed_at=Point(1000, 1000))
    for member, fields in looking.items():
        assert not find(member, **fields).is_input
        assert find(member, pressed, **fields).is_input
    assert find("mouse_move", coordinate=INSIDE).windows == (TOP,)


def test_keys_that_spell_a_word_are_typed_text() -> None:
    assert find("key", text="s u d o space").typed == "sudo "
    assert find("key", text="ctrl+c x", repeat=2).typed == "xx"
    assert find("key", text="shift+a KP_Enter BackSpace").typed == "a\n\b"
    state = follow(read_input("type", {"text": "su"}), HERE, VIEW)
    assert find("type", state, text="do ").typed_before == "su"


def test_after_a_click_keys_go_to_the_window_that_was_clicked() -> None:
    click = read_input("left_click", {"coordinate": INSIDE})
    state = follow(click, HERE, VIEW, [TOP, BELOW])
    assert state.pointer == VIEW.to_desktop(*INSIDE)
    assert titles(find("type", state, text="x").windows) == ["Dialog"]


# --- the never list, for every kind of action and every rule

PLACES = st.tuples(st.integers(0, 959), st.integers(0, 539)).map(list)
KEYS = st.sampled_from(["ctrl", "Return", "alt+F4", "a", "Shift_R", "ctrl+shift+Delete"])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "coordinate": PLACES,
    "start_coordinate": PLACES,
    "scroll_direction": st.sampled_from(["up", "down", "left", "right"]),
    "scroll_amount": st.integers(0, 200),
    "duration": st.integers(0, 9),
    "repeat": st.integers(1, 5),
    "region": st.just([0, 0, 9, 9]),
}
INPUT_MEMBERS = sorted(action.member for action in INPUT_ACTIONS)
OPTIONAL = {"coordinate": ("mouse_move", "left_click_drag")}
"""Fields that only these actions must have."""


@st.composite
def actions(draw: st.DrawFn, members: Sequence[str] = INPUT_MEMBERS) -> InputAction:
    """Any action with valid fields."""
    member = draw(st.sampled_from(members))
    fields: dict[str, Any] = {}
    for name in MEMBERS[member].model_fields:
        texts = st.text("ab \n", min_size=1) if member == "type" else KEYS
        needed = member in ("type", "key", "hold_key") or member in OPTIONAL.get(name, (member,))
        strategy = texts if name == "text" else FIELDS[name]
        if name == "text" and member not in ("type", "key", "hold_key"):
            needed = False
        if needed or draw(st.booleans()):
            fields[name] = draw(strategy)
    return read_input(member, fields)


AREAS = st.builds(
    Rect, st.integers(-50, 1900), st.integers(-50, 1000), st.integers(1, 900), st.integers(1, 900)
)
HIDDEN = ("KeePassXC", "keepassxc", "Ｋｅｅｐａｓｓ", "Kee\u200bPass", "Bіtwarden", "1Passwоrd 8")


@st.composite
def desktops(draw: st.DrawFn) -> list[Window]:
    """Some windows, each of them with another title, program or name on the never list or not."""
    hidden = [(name, "p", "x") for name in HIDDEN] + [("A", name, "x") for name in HIDDEN]
    hidden += [("A", "p", name) for name in HIDDEN]
    windows = list[Window]()
    for at, area in enumerate(draw(st.lists(AREAS, min_size=1, max_size=5))):
        title, program, other = draw(st.just(("Notes", "gedit", "x")) | st.sampled_from(hidden))
        active = draw(st.booleans()) and not any(window.active for window in windows)
        windows.append(Window(title, program, area, active, WindowId(at + 1, 0), (other,)))
    return windows


def is_hidden(window: Window) -> bool:
    return window.title != "Notes"


@given(actions(), desktops(), st.none() | PLACES, PLACES)
@settings(max_examples=500)
def test_no_action_touches_a_window_on_the_never_list(
    action: InputAction, windows: list[Window], pressed: list[int] | None, pointer: list[int]
) -> None:
    """The windows that get its input are found here by other means than in the code."""
    state = InputState(
        VIEW.to_desktop(*pointer), None if pressed is None else VIEW.to_desktop(*pressed)
    )
    judgement = judge(find_effects(action, state, VIEW, windows), DEFAULT)
    looks = action.member in ("screenshot", "zoom", "wait", "cursor_position")
    keyboard = action.member in ("key", "hold_key", "type")
    touched: list[Window] = []
    if keyboard or (not looks and (getattr(action, "text", None) or "").strip()):
        touched += [window for window in windows if window.active]
    if not keyboard and not looks:
        points = [VIEW.to_desktop(*place) for place in list_places(action)] or [state.pointer]
        if state.pressed_at is not None and action.member != "left_click_drag":
            points.append(state.pressed_at)
        touched += [window for window in windows if any(p in window.area for p in points)]
    if any(map(is_hidden, touched)):
        assert judgement.never is not None
    elif looks or (keyboard and not any(window.active and is_hidden(window) for window in windows)):
        assert judgement.never is None


@given(actions(), desktops(), PLACES)
def test_every_rule_holds_for_every_action_with_input(
    action: InputAction, windows: list[Window], pointer: list[int]
) -> None:
    """With rules that match everything, only what is no input has no risk."""
    state = InputState(VIEW.to_desktop(*pointer))
    effects = find_effects(action, state, VIEW, windows)
    policy = PolicyFile.model_validate(
        {"risky": [{"risk": "any", "where": "program", "words": [*"aeiouptkl"]}], "never": []}
    ).to_policy()
    risky = effects.is_input and any(window.program for window in effects.windows)
    assert bool(judge(effects, policy).risks) == risky


class Drags(RuleBasedStateMachine):
    """Buttons, moves and clicks in any order: no drag begins, passes or ends in the vault."""

    def __init__(self) -> None:
        super().__init__()
        vault = Window("Vault", "keepassxc", Rect(400, 400, 300, 300), False, WindowId(7, 7))
        self.vault = vault.area
        self.windows = [vault, BELOW]
        self.state = InputState(Point(5, 5))
        self.down: Point | None = None
        self.at = Point(5, 5)

    def act(self, member: str, **fields: Any) -> bool:
        """Carry out an action if it is not refused; return whether it was."""
        action = read_input(member, fields)
        if judge(find_effects(action, self.state, VIEW, self.windows), DEFAULT).never:
            return False
        self.state = follow(action, self.state, VIEW)
        return True

    @rule(place=PLACES)
    def move(self, place: list[int]) -> None:
        to = VIEW.to_desktop(*place)
        if self.act("mouse_move", coordinate=place):
            assert to not in self.vault
            if self.down is not None:
                self.check_way(self.at, to)
            self.at = to

    @rule()
    def press(self) -> None:
        if self.act("left_mouse_down"):
            assert self.at not in self.vault
            self.down = self.down or self.at

    @rule()
    def release(self) -> None:
        if self.act("left_mouse_up"):
            assert self.at not in self.vault
            self.down = None

    @rule(place=PLACES, member=st.sampled_from(["left_click", "double_click", "right_click"]))
    def click(self, place: list[int], member: str) -> None:
        if self.act(member, coordinate=place):
            self.at = VIEW.to_desktop(*place)
            assert self.at not in self.vault

    @rule(x=st.integers(0, 1919), y=st.integers(0, 1079))
    def user_moves_the_mouse(self, x: int, y: int) -> None:
        """Between two batches the user may move the pointer anywhere, also into the vault."""
        self.at = Point(x, y)
        self.state = InputState(self.at, self.state.pressed_at)

    def check_way(self, start: Point, end: Point) -> None:
        for step in range(11):
            x = start.x + (end.x - start.x) * step // 10
            y = start.y + (end.y - start.y) * step // 10
            inner = Rect(420, 420, 260, 260)
            assert Point(x, y) not in inner, "at most one step of the path away from its edge"

    @invariant()
    def the_state_is_what_was_done(self) -> None:
        assert self.state.pressed_at == self.down


TestDrags = Drags.TestCase


@given(PLACES, PLACES, PLACES)
def test_a_drag_in_three_actions_touches_what_one_drag_touches(
    start: list[int], middle: list[int], end: list[int]
) -> None:
    assume(start != end)
    state = InputState(VIEW.to_desktop(*start))
    state = follow(read_input("left_mouse_down", {}), state, VIEW)
    move = read_input("mouse_move", {"coordinate": end})
    drag = read_input("left_click_drag", {"start_coordinate": start, "coordinate": end})
    assert set(find_path(drag, HERE, VIEW)) <= {*find_path(move, state, VIEW)}
    over = follow(read_input("mouse_move", {"coordinate": middle}), state, VIEW)
    assert VIEW.to_desktop(*middle) in find_path(read_input("left_mouse_up", {}), over, VIEW)
