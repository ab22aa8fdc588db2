"""A batch is judged and named by elements, before it is approved and again when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.computer.actions import Action, read_action
from bridge.computer.batch import Grant, Outcome, Preview, carry_out, preview
from bridge.computer.desktop import Window
from bridge.computer.elements.base import Dialog, Element
from bridge.computer.executor import DesktopContext
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Rect
from bridge.errors import Stopped
from tests.computer.fake_desktop import FakeDesktop

AREA = Rect(0, 0, 1920, 1080)
DELETE = Element("button", "Delete account", box=Rect(0, 0, 50, 50))
PASSWORD = Element("password field", "Password", box=Rect(100, 100, 200, 20))
CLICK = read_action("left_click", {"coordinate": [5, 5]})
SECRET = read_action("type", {"text": "hunter2 is it\n"})


@pytest.fixture
def desktop() -> FakeDesktop:
    made = FakeDesktop()
    made.shown = [Window("Home – Chromium", "chromium", AREA, active=True)]
    made.elements.placed = [DELETE]
    return made


def make_context(desktop: FakeDesktop) -> tuple[DesktopContext, Capture]:
    performer = Performer(desktop, sleep=lambda seconds: None)
    return DesktopContext(desktop, performer, lambda: None), Capture(CaptureOptions())


def look_ahead(desktop: FakeDesktop, *actions: Action) -> Preview:
    context, capture = make_context(desktop)
    return preview(actions, capture, DEFAULT, with_picture=False)(context)


def do(desktop: FakeDesktop, grant: Grant, *actions: Action) -> list[Outcome]:
    context, capture = make_context(desktop)
    outcomes: list[Outcome] = []
    carry_out(actions, capture, DEFAULT, grant, outcomes.append)(context)
    return outcomes


def sees(desktop: FakeDesktop) -> list[Any]:
    return [line[0] for line in desktop.done if line[0] in ("press", "type", "key_down")]


def test_an_approval_names_the_element(desktop: FakeDesktop) -> None:
    seen = look_ahead(desktop, CLICK)
    assert seen.judgement.risks == ("deleting",)
    (step,) = seen.steps
    assert step.sentence == (
        "Click the button “Delete account” at (5, 5) in “Home – Chromium” (program chromium)"
    )
    assert seen.what == ("Click the button “Delete account” at (5, 5) in “Home – Chromium”",)


def test_what_was_approved_is_done(desktop: FakeDesktop) -> None:
    (outcome,) = do(desktop, look_ahead(desktop, CLICK).make_grant(), CLICK)
    assert not outcome.failed
    assert outcome.element == DELETE
    assert sees(desktop) == ["press"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda: replace(DELETE, name="Delete everything"), "the button “Delete everything” is"),
        (lambda: replace(DELETE, role="link"), "the link “Delete account” is there now"),
        (lambda: None, "it cannot be found now"),
    ],
)
def test_another_element_than_the_approved_one_is_not_clicked(
    desktop: FakeDesktop, change: Callable[[], Element | None], named: str
) -> None:
    grant = look_ahead(desktop, CLICK).make_grant()
    now = change()
    desktop.elements.placed = [now] if now else []
    (outcome,) = do(desktop, grant, CLICK)
    assert outcome.text.startswith("Not executed: the user approved the button “Delete account”")
    assert named in outcome.text
    assert sees(desktop) == []


def test_the_text_of_a_page_may_change_after_an_approval(desktop: FakeDesktop) -> None:
    desktop.elements.placed = [Element("text", "12:00", box=AREA)]
    grant = look_ahead(desktop, CLICK).make_grant()
    desktop.elements.placed = [Element("text", "12:01", box=AREA)]
    assert not do(desktop, grant, CLICK)[0].failed


def test_a_menu_that_opens_may_have_what_was_not_there_before(desktop: FakeDesktop) -> None:
    menu = Element("menu", "File", box=AREA)
    desktop.elements.placed = [menu]
    again = read_action("left_click", {"coordinate": [300, 300]})
    grant = look_ahead(desktop, CLICK, again).make_grant()

    def open_menu(line: tuple[Any, ...]) -> None:
        if line[0] == "press":
            desktop.elements.placed = [menu, Element("menu item", "Open", box=AREA)]

    desktop.before = open_menu
    assert [outcome.failed for outcome in do(desktop, grant, CLICK, again)] == [False, False]


def test_a_risk_that_appears_in_a_batch_is_not_done_without_a_new_approval(
    desktop: FakeDesktop,
) -> None:
    desktop.elements.placed = [Element("menu", "File", box=AREA)]
    grant = look_ahead(desktop, CLICK, CLICK).make_grant()

    def open_menu(line: tuple[Any, ...]) -> None:
        if line[0] == "press":
            desktop.elements.placed = [Element("menu item", "Delete", box=AREA)]

    desktop.before = open_menu
    first, second = do(desktop, grant, CLICK, CLICK)
    assert not first.failed
    assert "this is risky (deleting) now" in second.text
    assert sees(desktop) == ["press"]


def test_what_is_typed_into_a_password_field_is_shown_to_no_one(desktop: FakeDesktop) -> None:
    desktop.elements.focus = PASSWORD
    seen = look_ahead(desktop, SECRET)
    assert seen.judgement.risks == ("a password",)
    (step,) = seen.steps
    assert step.sentence == (
        "Type (13 hidden characters, then Enter) in the password field “Password” in "
        "“Home – Chromium” (program chromium)"
    )
    assert "hunter2" not in str((seen.what, seen.steps))
    (outcome,) = do(desktop, seen.make_grant(), SECRET)
    assert not outcome.failed
    assert "hunter2" not in outcome.what


SIGN_IN = Element("button", "Sign in", states=frozenset(("default",)))


def test_a_password_stays_hidden_where_return_presses_a_button(desktop: FakeDesktop) -> None:
    desktop.elements.focus, desktop.elements.default = PASSWORD, SIGN_IN
    seen = look_ahead(desktop, SECRET)
    (outcome,) = do(desktop, seen.make_grant(), SECRET)
    assert not outcome.failed
    assert "hunter2" not in str((seen.what, seen.steps, outcome.what))


@pytest.mark.parametrize("now", [None, Element("field", "Search", states=frozenset(("editable",)))])
def test_a_password_stays_hidden_where_its_field_is_gone(
    desktop: FakeDesktop, now: Element | None
) -> None:
    desktop.elements.focus = PASSWORD
    seen = look_ahead(desktop, SECRET)
    desktop.elements.focus = now
    (outcome,) = do(desktop, seen.make_grant(), SECRET)
    assert (outcome.failed, outcome.element) == (True, PASSWORD)
    assert "hunter2" not in outcome.what


FIELD = Element("field", "User name", states=frozenset(("editable",)), box=Rect(300, 300, 50, 50))


@pytest.mark.parametrize("approved", [PASSWORD, FIELD])
def test_what_was_to_be_typed_goes_to_no_other_field(
    desktop: FakeDesktop, approved: Element
) -> None:
    box = approved.box
    assert box is not None
    desktop.elements.placed = [approved]
    into = read_action("left_click", {"coordinate": [box.left * 3 // 4 + 10, box.top * 3 // 4 + 5]})
    text = read_action("type", {"text": "hunter2"})
    seen = look_ahead(desktop, into, text)
    assert seen.elements == (approved, approved)
    # The page moves the focus after the click.
    desktop.elements.focus = Element("field", "Message to Bob", states=frozenset(("editable",)))
    outcomes = do(desktop, seen.make_grant(), into, text)
    assert [one.failed for one in outcomes] == [False, True]
    assert "the field “Message to Bob” is there now" in outcomes[1].text
    assert sees(desktop) == ["press"]


def test_a_click_with_a_held_key_names_what_is_clicked(desktop: FakeDesktop) -> None:
    desktop.elements.focus = PASSWORD
    held = read_action("left_click", {"coordinate": [5, 5], "text": "ctrl"})
    seen = look_ahead(desktop, held)
    assert seen.steps[0].action.startswith("Click the button “Delete account”")
    desktop.elements.placed = [replace(DELETE, name="Delete everything")]
    (outcome,) = do(desktop, seen.make_grant(), held)
    assert "“Delete everything” is there now" in outcome.text


def test_the_same_button_of_another_dialog_is_another_button(desktop: FakeDesktop) -> None:
    desktop.elements.placed = [replace(DELETE, dialog=Dialog("Delete A.txt?"))]
    seen = look_ahead(desktop, CLICK)
    assert "of the dialog “Delete A.txt?”" in seen.what[0]
    desktop.elements.placed = [replace(DELETE, dialog=Dialog("Delete the whole account?"))]
    (outcome,) = do(desktop, seen.make_grant(), CLICK)
    assert outcome.failed


@pytest.mark.parametrize(
    ("action", "is_secret"),
    [
        (read_action("type", {"text": "me\thunter2\n"}), True),
        (read_action("key", {"text": "Tab h u"}), True),
        (read_action("key", {"text": "Left Left h"}), False),
        (read_action("type", {"text": "me\t"}), False),
    ],
)
def test_what_follows_a_tab_may_go_into_a_password_field(
    desktop: FakeDesktop, action: Action, is_secret: bool
) -> None:
    desktop.elements.placed, desktop.elements.focus = [PASSWORD], FIELD
    seen = look_ahead(desktop, action)
    assert ("a password" in seen.judgement.risks) is is_secret
    assert ("hidden" in seen.steps[0].action) is is_secret


@pytest.mark.parametrize("keys", ["Tab Return", "Left space"])
def test_a_button_that_keys_move_to_is_unknown(desktop: FakeDesktop, keys: str) -> None:
    desktop.shown = [Window("Delete account", "chromium", AREA, active=True)]
    desktop.elements.focus = Element("button", "Cancel")
    assert "deleting" in look_ahead(desktop, read_action("key", {"text": keys})).judgement.risks


def test_an_unknown_default_button_is_judged_by_the_title(desktop: FakeDesktop) -> None:
    desktop.shown = [Window("Checkout", "chromium", AREA, active=True)]
    desktop.elements.focus = FIELD
    enter = read_action("key", {"text": "Return"})
    assert look_ahead(desktop, enter).judgement.risks == ()
    desktop.elements.default = None
    assert look_ahead(desktop, enter).judgement.risks == ("buying",)


@pytest.mark.parametrize("keys", ["altgr+q", "KP_1", "shift+h", "at"])
def test_keys_that_may_type_are_hidden_in_a_password_field(desktop: FakeDesktop, keys: str) -> None:
    desktop.elements.focus = PASSWORD
    (step,) = look_ahead(desktop, read_action("key", {"text": keys})).steps
    assert step.action == "Type (1 hidden character)"


def test_shortcuts_are_shown_in_a_password_field(desktop: FakeDesktop) -> None:
    desktop.elements.focus = PASSWORD
    (step,) = look_ahead(desktop, read_action("key", {"text": "ctrl+v"})).steps
    assert step.action == "Press Ctrl+v"


def test_a_password_stays_hidden_behind_a_failed_action(desktop: FakeDesktop) -> None:
    desktop.elements.placed = [PASSWORD]
    into = read_action("left_click", {"coordinate": [110, 80]})
    seen = look_ahead(desktop, into, SECRET)
    desktop.elements.placed = []
    outcomes = do(desktop, seen.make_grant(), into, SECRET)
    assert outcomes[0].failed
    assert "hunter2" not in outcomes[1].what


def test_a_password_for_a_window_on_the_never_list_stays_hidden(desktop: FakeDesktop) -> None:
    desktop.shown = [Window("KeePass", "keepassxc", AREA, active=True)]
    desktop.elements.focus = PASSWORD
    assert "hunter2" not in str(look_ahead(desktop, SECRET))


def test_a_stop_ends_a_preview(desktop: FakeDesktop) -> None:
    def check() -> None:
        raise Stopped("Stopped.")

    context, capture = make_context(desktop)
    with pytest.raises(Stopped):
        preview([CLICK], capture, DEFAULT, with_picture=False)(replace(context, check=check))


def test_a_click_into_a_field_tells_where_the_text_will_go(desktop: FakeDesktop) -> None:
    desktop.elements.placed = [PASSWORD]
    into = read_action("left_click", {"coordinate": [110, 80]})
    seen = look_ahead(desktop, into, read_action("key", {"text": "h i"}))
    assert seen.judgement.risks == ("a password",)
    assert seen.steps[1].action == "Type (2 hidden characters)"


def test_return_in_a_password_field_is_shown(desktop: FakeDesktop) -> None:
    desktop.elements.focus = PASSWORD
    (step,) = look_ahead(desktop, read_action("key", {"text": "Return"})).steps
    assert step.action == "Press Enter"


def test_looking_around_asks_no_program(desktop: FakeDesktop) -> None:
    scroll = {"scroll_direction": "up", "scroll_amount": 1, "coordinate": [5, 5]}
    look_ahead(
        desktop,
        read_action("mouse_move", {"coordinate": [5, 5]}),
        read_action("scroll", scroll),
        read_action("wait", {"duration": 0}),
    )
    assert desktop.elements.asked == []
