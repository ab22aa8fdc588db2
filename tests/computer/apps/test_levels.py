"""Levels of programs: what is refused, asked and allowed, by mode and risk."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.actions import InputAction
from bridge.computer.apps.app import App
from bridge.computer.apps.levels import LEVELS, FindLevel, Level, Offer
from bridge.computer.batch import explain_refusal
from bridge.computer.desktop import Window, WindowId
from bridge.computer.effects import Effects, InputState, find_effects
from bridge.computer.permission import Mode, Permission
from bridge.computer.policy import Judgement, Policy, join_judgements, judge
from bridge.computer.rules.rule import Rule
from bridge.computer.screen.geometry import Point, Rect, Size, View
from bridge.deadline import Moment
from tests.computer.fake_desktop import make_app
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 100, 100), Size(100, 100))
NOW = Moment(0, 0, 0)
EDITOR, SHELL = make_app("editor"), make_app("shell")
CLICK = read_input("left_click", {"coordinate": [5, 5]})
DELETE = read_input("key", {"text": "Delete"})

RULES = (
    Rule(risk="deleting", where="keys", words=("Delete",)),
    Rule(risk="my shell", where="terminal"),
    Rule(risk="running something", where="text", words=("javascript:",)),
)


def window(
    app: App | None = EDITOR, title: str = "Notes", program: str = "editor", number: int = 1
) -> Window:
    id = WindowId(number, number)
    return Window(title, program, VIEW.area, active=True, id=id, app=app)


def at(level: Level | None) -> FindLevel:
    return lambda app: level


def judge_at(level: Level | None, action: InputAction = CLICK, *windows: Window) -> Judgement:
    """Judge an action with the same level for all programs; without windows, in the editor."""
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, windows or (window(),))
    return judge(effects, Policy(RULES, ("vault",), at(level)))


def decide(mode: Mode, judgement: Judgement) -> str:
    if explain_refusal(judgement) is not None:
        return "refuse"
    permission = Permission.from_minutes(1, NOW) if mode == "allowed" else Permission(mode)
    return permission.decide(judgement.list_reasons(by_level=mode == "ask_risky"), NOW)


# The outcome for a harmless act, a risky one, and one that goes beyond a program.
TABLE: dict[tuple[Mode, Level | None], tuple[str, str, str]] = {
    ("off", None): ("refuse", "refuse", "refuse"),
    ("off", "view"): ("refuse", "refuse", "refuse"),
    ("off", "click"): ("refuse", "refuse", "refuse"),
    ("off", "everything"): ("refuse", "refuse", "refuse"),
    ("ask", None): ("ask", "ask", "ask"),
    ("ask", "view"): ("refuse", "refuse", "refuse"),
    ("ask", "click"): ("ask", "ask", "ask"),
    ("ask", "everything"): ("ask", "ask", "ask"),
    ("ask_risky", None): ("ask", "ask", "ask"),
    ("ask_risky", "view"): ("refuse", "refuse", "refuse"),
    ("ask_risky", "click"): ("allow", "ask", "ask"),
    ("ask_risky", "everything"): ("allow", "allow", "ask"),
    ("allowed", None): ("allow", "allow", "allow"),
    ("allowed", "view"): ("refuse", "refuse", "refuse"),
    ("allowed", "click"): ("allow", "allow", "allow"),
    ("allowed", "everything"): ("allow", "allow", "allow"),
}


@pytest.mark.parametrize(("mode", "level"), TABLE)
def test_the_outcome_by_mode_level_and_risk(mode: Mode, level: Level | None) -> None:
    javascript = read_input("type", {"text": "javascript:alert(1)"})
    judged = [judge_at(level, action) for action in (CLICK, DELETE, javascript)]
    assert tuple(decide(mode, each) for each in judged) == TABLE[mode, level]


@given(
    st.sampled_from(("off", "ask", "ask_risky", "allowed")),
    st.lists(st.sampled_from((*LEVELS, None)), min_size=1, max_size=4),
    st.lists(st.sampled_from(("harmless", "risky", "beyond")), min_size=4, max_size=4),
)
def test_a_batch_gets_the_strictest_outcome_of_its_actions(
    mode: Mode, levels: list[Level | None], kinds: list[str]
) -> None:
    actions = {
        "harmless": CLICK,
        "risky": DELETE,
        "beyond": read_input("type", {"text": "javascript:"}),
    }
    apps = [make_app(str(number)) for number in range(len(levels))]
    table = dict(zip(apps, levels, strict=True))
    judged = []
    for app, kind in zip(apps, kinds, strict=False):
        effects = find_effects(actions[kind], InputState(Point(5, 5)), VIEW, [window(app)])
        judged.append(judge(effects, Policy(RULES, (), table.get)))
    order = ("allow", "ask", "refuse")
    strictest = max((decide(mode, each) for each in judged), key=order.index)
    assert decide(mode, join_judgements(judged)) == strictest


@given(st.sampled_from(("ask", "ask_risky", "allowed")), st.sampled_from((*LEVELS, None)))
def test_never_wins_over_every_level(mode: Mode, level: Level | None) -> None:
    judged = judge_at(level, CLICK, window(title="My vault"))
    assert decide(mode, judged) == "refuse"
    assert "never list" in str(explain_refusal(judged))


@pytest.mark.parametrize(
    ("title", "program", "risk"),
    [
        ("~ : bash", "xterm", "my shell"),
        ("Claude OpenAI Bridge – Chromium", "chromium", "the bridge's own page"),
    ],
)
def test_everything_in_a_program_does_not_cover_terminals_and_the_bridge_itself(
    title: str, program: str, risk: str
) -> None:
    judged = judge_at("everything", CLICK, window(title=title, program=program))
    assert judged.list_reasons(by_level=True) == (risk,)


def test_a_password_asks_at_every_level() -> None:
    effects = Effects(main=window(), windows=(window(),), is_input=True)
    judged = judge(effects, Policy((Rule(risk="a password", where="title", words=("notes",)),)))
    assert judged.risks == ("a password",)
    judged = judge(
        effects,
        Policy((Rule(risk="a password", where="title", words=("notes",)),), (), at("everything")),
    )
    assert judged.list_reasons(by_level=True) == ("a password",)


@pytest.mark.parametrize(
    ("member", "fields", "reaches"),
    [
        ("screenshot", {}, False),
        ("mouse_move", {"coordinate": [5, 5]}, False),
        ("left_click", {"coordinate": [5, 5]}, True),
        ("left_mouse_down", {}, True),
        ("key", {"text": "a"}, True),
        ("type", {"text": "a"}, True),
        # The wheel changes sliders and lists.
        (
            "scroll",
            {"coordinate": [5, 5], "scroll_direction": "up", "scroll_amount": 1},
            True,
        ),
    ],
)
def test_looking_and_moving_the_pointer_is_no_input(
    member: str, fields: dict[str, Any], reaches: bool
) -> None:
    judged = judge_at("view", read_input(member, fields))
    assert (explain_refusal(judged) is not None) is reaches


def test_a_drag_reaches_every_program_on_its_way() -> None:
    left = Window("L", "l", Rect(0, 0, 30, 100), True, WindowId(1, 1), app=make_app("l"))
    middle = Window("M", "m", Rect(30, 0, 30, 100), False, WindowId(2, 2), app=make_app("m"))
    right = Window("R", "r", Rect(60, 0, 40, 100), False, WindowId(3, 3), app=make_app("r"))
    drag = read_input("left_click_drag", {"start_coordinate": [5, 5], "coordinate": [95, 5]})
    judged = judge_at(None, drag, left, middle, right)
    assert [contact.app for contact in judged.apps.undecided] == [left.app, middle.app, right.app]


def test_an_untitled_window_on_top_does_not_borrow_the_program_below() -> None:
    """A menu has no title, so the window below it is named; the input goes to the menu."""
    overlay = window(SHELL, title="", program="", number=2)
    levels: dict[App, Level] = {EDITOR: "everything"}
    effects = find_effects(CLICK, InputState(Point(5, 5)), VIEW, [overlay, window()])
    judged = judge(effects, Policy(RULES, (), levels.get))
    assert [contact.app for contact in judged.apps.undecided] == [SHELL]


def test_a_place_without_a_window_and_an_unnamed_program_always_ask() -> None:
    effects = find_effects(CLICK, InputState(Point(5, 5)), VIEW, [])
    (nothing,) = judge(effects, Policy(RULES, (), at("everything"))).apps.undecided
    unnamed = judge_at("everything", CLICK, window(None, number=7)).apps.undecided
    assert [nothing.app, unnamed[0].app] == [None, None]
    assert nothing != unnamed[0], "an approval for one window is not for the other"


def test_what_is_offered_would_spare_later_questions() -> None:
    new = judge_at(None)
    assert new.apps.make_offer(new.risks) == Offer((EDITOR,), LEVELS)
    risky = judge_at("click", DELETE)
    assert risky.apps.make_offer(risky.risks) == Offer((EDITOR,), ("everything",))
    terminal = judge_at("click", CLICK, window(program="xterm"))
    assert terminal.apps.make_offer(terminal.risks) == Offer()
    unnamed = judge_at(None, CLICK, window(None))
    assert unnamed.apps.make_offer(unnamed.risks) == Offer()
