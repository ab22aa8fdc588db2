"""Actions by name in real programs: the pointer and the focused window stay where they are."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.computer.actions import read_action
from bridge.computer.batch import Grant, Outcome, Preview, carry_out, preview
from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.executor import DesktopContext
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.screens import Screens
from bridge.computer.native.x11.input import X11Input
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Point
from tests.computer.elements.test_atspi import session
from tests.computer.native.programs.start import eventually
from tests.web.chromium import run_chromium

_GTK = Path(__file__).parents[1] / "native" / "programs" / "gtk_form.py"
_PYTHON = "/usr/bin/python3"


class User:
    """A desktop on which a caller acts by name."""

    def __init__(self, desktop: NativeDesktop, state: Path) -> None:
        self.desktop = desktop
        self._state = state
        self._context = DesktopContext(desktop, Performer(desktop), lambda: None)
        self._capture = Capture(CaptureOptions())

    def do(self, member: str, **fields: Any) -> Outcome:
        """Carry out an action; again while its program is too busy to answer."""
        outcomes: list[Outcome] = []

        def is_answered() -> bool:
            outcomes[:] = [self.do_once(member, **fields)]
            return "did not answer within" not in outcomes[0].text

        assert eventually(is_answered, 30)
        return outcomes[0]

    def do_once(self, member: str, **fields: Any) -> Outcome:
        """Carry out an action, whether its program answers or not."""
        outcomes: list[Outcome] = []
        actions = [read_action(member, fields)]
        self._context.performer.begin()
        carry_out(actions, self._capture, DEFAULT, Grant(None), outcomes.append)(self._context)
        return outcomes[0]

    def list_risks(self, member: str, **fields: Any) -> tuple[str, ...]:
        actions = [read_action(member, fields)]
        work = preview(actions, self._capture, DEFAULT, with_picture=False)
        seen: list[Preview] = []

        def is_known() -> bool:
            seen[:] = [work(self._context)]
            return seen[0].problem is None

        assert eventually(is_known, 30)
        return seen[0].judgement.risks

    def find_place(self) -> tuple[Point, WindowId | None]:
        """Return where the pointer is, and the window with the keyboard."""
        return self.desktop.read_pointer(), self.desktop.find_focused()

    def find_window(self, title: str) -> Window | None:
        windows = self.desktop.list_windows()
        return next((each for each in windows if each.title == title), None)

    def wait_for(self, **wanted: Any) -> None:
        """Wait until the GTK form has some values."""

        def has_values() -> bool:
            state.update(json.loads(self._state.read_text("utf-8")))
            return wanted.items() <= state.items()

        state: dict[str, Any] = {}
        assert eventually(has_values, 30), state


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """The window “Behind” has the keyboard, the form “Form” is beside it."""
    state = tmp_path_factory.mktemp("gtk") / "state.json"
    form = [_PYTHON, str(_GTK), str(state), "Form"]
    behind = [_PYTHON, str(_GTK), str(state.with_name("behind.json")), "Behind"]
    with session():
        device = X11Input({"DISPLAY": os.environ["DISPLAY"]})
        desktop = NativeDesktop(Screens(), device, AtspiElements())
        with closing(desktop), subprocess.Popen(form) as one, subprocess.Popen(behind) as two:
            try:
                made = User(desktop, state)
                assert eventually(lambda: made.find_window("Behind") is not None, 30)
                assert eventually(lambda: knows(made, "Form"), 30)
                desktop.activate_window(made.find_window("Behind") or pytest.fail("no window"))
                assert eventually(lambda: is_active(made, "Behind"), 30)
                yield made
            finally:
                one.kill()
                two.kill()


def knows(user: User, title: str) -> bool:
    return not user.do("find_element", name="Send it", window=title).failed


def is_active(user: User, title: str) -> bool:
    window = user.find_window(title)
    return window is not None and user.desktop.find_focused() == window.id


@pytest.fixture
def still(user: User) -> Iterator[None]:
    """Check that neither the pointer nor the keyboard has moved."""
    before = user.find_place()
    yield
    assert user.find_place() == before


@pytest.mark.usefixtures("still")
class TestWithoutPointerAndFocus:
    def test_a_button(self, user: User) -> None:
        assert user.do("click_element", name="Send it", window="Form").text == "OK"
        user.wait_for(log=["Send it"])

    @pytest.mark.parametrize(
        ("name", "value", "key", "now"),
        [
            ("City", "Köln 世", "city", "Köln 世"),
            ("Size", "large", "size", "Large"),
            ("Size", "Small", "size", "Small"),
            ("Volume", "30", "volume", 30),
            ("I agree", "on", "agree", True),
            ("I agree", "yes", "agree", True),
            ("I agree", "off", "agree", False),
            ("Password", "hunter2", "secret", "hunter2"),
        ],
    )
    def test_a_value(self, user: User, name: str, value: str, key: str, now: Any) -> None:
        assert user.do("set_value", name=name, value=value, window="Form").text == "OK"
        user.wait_for(**{key: now})

    def test_the_value_is_in_the_list(self, user: User) -> None:
        assert user.do("set_value", name="City", value="Ulm", window="Form").text == "OK"
        text = user.do("list_elements", window="Form").text
        (city,) = [line for line in text.split("\n") if ' field "City"' in line]
        assert city.endswith('value "Ulm"')
        (secret,) = [line for line in text.split("\n") if "password field" in line]
        assert "value" not in secret
        assert 'button "Grey"' in text
        assert "disabled" in text

    def test_a_text(self, user: User) -> None:
        user.do("set_value", name="City", value="Two\nlines", window="Form")
        text = user.do("read_text", name="City", window="Form").text
        assert text.endswith("instruction:\n> Two\n> lines")

    def test_an_ambiguous_name(self, user: User) -> None:
        outcome = user.do("click_element", name="Twice", window="Form")
        assert outcome.failed
        assert outcome.text.count('button "Twice" [') == 2

    def test_a_disabled_button(self, user: User) -> None:
        outcome = user.do("click_element", name="Grey", window="Form")
        assert outcome.text.endswith("“Grey” is disabled.")

    def test_an_item_of_a_closed_menu(self, user: User) -> None:
        outcome = user.do("click_element", name="New", window="Form")
        assert "is not on the screen. Open its menu" in outcome.text

    def test_a_choice_that_is_none(self, user: User) -> None:
        outcome = user.do("set_value", name="Size", value="Huge", window="Form")
        assert outcome.text == (
            "It has no such choice; its choices are: “Small”, “Middle”, “Large”."
        )

    def test_the_risks_are_those_of_a_click(self, user: User) -> None:
        assert user.list_risks("click_element", name="Send it", window="Form") == ("sending",)
        assert user.list_risks("set_value", name="Password", value="x", window="Form") == (
            "a password",
        )
        assert user.list_risks("set_value", name="City", value="x", window="Form") == ()

    def test_the_text_of_a_password_field(self, user: User) -> None:
        outcome = user.do("read_text", role="password field", window="Form")
        assert (outcome.failed, outcome.text) == (
            True,
            "The text of a password field is not read.",
        )


def test_a_row_of_a_list_is_clicked_with_the_pointer_and_it_is_said(user: User) -> None:
    user.do("focus_window", window="Form")
    assert is_active(user, "Form")
    outcome = user.do("click_element", name="Pear")
    assert outcome.text == "OK. Moved the pointer: the program offers no action for it."
    assert eventually(lambda: "selected" in user.do("find_element", name="Pear").text, 30)


def test_a_menu_is_opened_and_its_item_chosen(user: User) -> None:
    user.do("focus_window", window="Form")
    assert user.do("click_element", role="menu", name="File").text == "OK"
    assert eventually(lambda: user.do("click_element", name="New").text == "OK", 30)
    user.wait_for(log=["Send it", "menu New"])


def test_a_dialog_that_its_program_waits_for_is_reported(user: User) -> None:
    """Until it is closed, GTK answers nothing."""
    assert eventually(lambda: knows(user, "Form"), 30)
    texts: list[str] = []

    def is_asked() -> bool:
        # Not `user.do`: once the dialog is there, the program never answers.
        texts.append(user.do_once("click_element", name="Ask", window="Form").text)
        return eventually(lambda: user.find_window("Question") is not None, 3)

    assert eventually(is_asked, 30)
    # A busy program may be late already with the name, or only with the press.
    reports = ("OK, but the program has not answered since then.", "did not answer within")
    assert any(report in texts[-1] for report in reports)

    def is_closed() -> bool:
        if (dialog := user.find_window("Question")) is None:
            return True
        user.desktop.activate_window(dialog)
        user.desktop.move(Point(dialog.area.right - 40, dialog.area.bottom - 20))
        user.desktop.press("left")
        user.desktop.release("left")
        return eventually(lambda: user.find_window("Question") is None, 2)

    # A click on a dialog that is still being drawn is lost.
    assert eventually(is_closed, 30)
    assert eventually(lambda: knows(user, "Form"), 30)


PAGE = """<!doctype html><meta charset="utf-8"><title>Order</title>
<p><label>Name <input id=name value=old></label> <label>Code <input id=code type=password></label>
<p><label>Amount <input id=amount type=number value=1></label>
<label>Volume <input id=volume type=range min=0 max=100 value=5></label>
<p><label>Size <select id=size><option>Small<option>Large</select></label>
<p><label>Tags <select id=tags multiple><option>Red<option>Green</select></label>
<p><label><input id=agree type=checkbox>I agree</label>
<label><input id=post type=radio name=way>Post</label>
<p><label>Notes <textarea id=notes></textarea></label>
<p><div contenteditable role=textbox aria-label="Letter" id=letter>Dear</div>
<p><button id=go onclick="this.textContent='Clicked'">Press me</button>
<span id=span onclick="this.textContent='Was clicked'">Some words</span>
<div style="height:3000px"></div>
<button id=far onclick="this.textContent='Found'">Far below</button>"""
VALUES = {
    "Amount": ("amount", "7"),
    "Volume": ("volume", "40"),
    "Size": ("size", "Large"),
    "I agree": ("agree", "on"),
    "Post": ("post", "on"),
}
TYPED = {
    "Name": ("name", "Ann Ö"),
    "Code": ("code", "hunter2"),
    "Notes": ("notes", "two\nlines"),
    "Letter": ("letter", "Hello"),
}
"""Chromium lets the text of no field be set."""
READ = """JSON.stringify(Object.fromEntries([...document.querySelectorAll("[id]")].map(
    each => [each.id, each.type === "checkbox" || each.type === "radio"
        ? (each.checked ? "on" : "off") : each.value || each.textContent])))"""


async def test_a_page_in_chromium(user: User, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switches = ("--window-position=700,0", "--window-size=900,900")
    async with run_chromium(
        tmp_path / "profile", *switches, url=f"--app={file.as_uri()}", headless=False
    ) as page:
        await page.wait_for("document.querySelector('#far') !== null")
        await asyncio.to_thread(use_page, user)

        async def read() -> dict[str, str]:
            return dict(json.loads(await page.evaluate(READ)))

        wanted = dict((*VALUES.values(), *TYPED.values()))
        wanted |= {"go": "Clicked", "span": "Was clicked", "far": "Found", "tags": "Green"}
        state = await read()
        for _ in range(200):
            if wanted.items() <= state.items():
                break
            await asyncio.sleep(0.05)
            state = await read()
        assert {key: state[key] for key in wanted} == wanted


def use_page(user: User) -> None:
    assert eventually(lambda: is_known(user, "Far below"), 60)
    behind = user.find_window("Behind")
    assert behind is not None
    user.desktop.activate_window(behind)
    assert eventually(lambda: is_active(user, "Behind"), 30)
    before = user.find_place()

    def act(member: str, **fields: Any) -> str:
        return user.do(member, window="Order", **fields).text

    for name in ("Press me", "Some words", "Far below", "Green"):
        assert act("click_element", name=name) == "OK", name
    for name, (_, value) in VALUES.items():
        assert act("set_value", name=name, value=value).startswith("OK"), name
    assert "> Was clicked\n> Found" in act("read_text", role="document")
    assert user.find_place() == before, "not even its window came to the front"
    for name, (_, value) in TYPED.items():
        text = act("set_value", name=name, value=value)
        assert text.startswith("OK. Typed with the keyboard"), (name, text)
    assert user.desktop.read_pointer() == before[0]
    assert user.list_risks("set_value", name="Code", value="x", window="Order") == ("a password",)


def is_known(user: User, name: str) -> bool:
    outcome = user.do("find_element", name=name, window="Order")
    return not outcome.failed and name in outcome.text.partition("\n")[2]
