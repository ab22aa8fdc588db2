"""Judging and using the elements of made programs, by both ways of finding what is below."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from bridge.computer.desktop import WindowId
from bridge.computer.elements.base import NOTHING, Dialog, Role
from bridge.computer.elements.walking.elements import WalkingElements
from bridge.computer.elements.walking.node import Unanswered
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest
from tests.computer.elements.walking.fake_tree import WINDOW, FakeSource, Thing, open_elements
from tests.computer.elements.walking.programs import (
    PAY,
    URL,
    make_browser,
    make_files,
    make_notepad,
    make_save_dialog,
)

Open = Callable[[Thing], tuple[WalkingElements, FakeSource]]


@pytest.fixture(params=["by one call", "by walking"])
def open_window(request: pytest.FixtureRequest) -> Iterator[Open]:
    with ExitStack() as stack:

        def open(top: Thing) -> tuple[WalkingElements, FakeSource]:
            source = FakeSource(top, native=request.param == "by one call")
            return stack.enter_context(open_elements(source)), source

        yield open


def find_id(elements: WalkingElements, name: str) -> str:
    (named,) = elements.find(WINDOW, None, name).elements
    return named.id


def test_a_button_has_its_page_and_what_its_form_asks_for(open_window: Open) -> None:
    elements, _ = open_window(make_browser())
    found = elements.element_at(PAY, WINDOW)
    assert found is not None
    assert (found.role, found.name, found.address) == ("button", "Pay", URL)
    assert found.form == {"card", "password"}


def test_without_forms_the_whole_page_counts(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    source.tells_forms = False
    source.top.children[1].children[1].raw = Thing("group", sides=(80, 100, 400, 300)).raw
    found = elements.element_at(PAY, WINDOW)
    assert found is not None
    assert found.form == {"card", "password"}


def test_a_button_has_its_dialog(open_window: Open) -> None:
    elements, _ = open_window(make_save_dialog())
    found = elements.element_at(Point(210, 270), WINDOW)
    assert found is not None
    said = "report.txt already exists. Do you want to replace it?"
    assert found.dialog == Dialog("Confirm Save As", said)


def test_the_parts_of_a_page_are_clickable_where_it_handles_clicks(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    found = elements.element_at(Point(690, 190), WINDOW)
    assert found is not None
    assert found.role == "clickable"
    source.top.find("Cookies").offers = ()
    text = elements.element_at(Point(515, 115), WINDOW)
    assert text is not None
    assert text.role == "text"


def test_an_image_without_a_name_may_be_a_canvas_and_is_unknown(open_window: Open) -> None:
    elements, _ = open_window(make_browser())
    assert elements.element_at(Point(600, 400), WINDOW) is None


def test_what_only_the_window_is_known_of_is_unknown(open_window: Open) -> None:
    elements, _ = open_window(Thing("window", "Game"))
    assert elements.element_at(Point(5, 5), WINDOW) is None
    assert elements.default_button(WINDOW) is None
    other, _ = open_window(Thing("window", "Game", (0, 0, 800, 600), Thing("other")))
    assert other.element_at(Point(5, 5), WINDOW) is None


def test_an_element_of_another_program_is_unknown(open_window: Open) -> None:
    elements, source = open_window(make_notepad())
    for each in source.top.walk():
        each.change(process=99)
    assert elements.element_at(Point(10, 10), WINDOW) is None
    source.top.change(handle=WINDOW.id.number)
    assert elements.element_at(Point(10, 10), WINDOW) is not None, "drawn by another process"


def test_a_page_cannot_make_an_address_bar(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    source.top.find("Card number").change(role="address bar")
    inside, outside = (elements.element_at(Point(x, y), WINDOW) for x, y in [(110, 125), (60, 20)])
    assert inside is not None
    assert (inside.role, inside.text) == ("field", "")
    assert outside is not None
    assert (outside.role, outside.text) == ("address bar", "shop.example")


def test_a_link_has_its_dialog_behind_many_empty_labels(open_window: Open) -> None:
    empty = [Thing("text", "", (10, 10, 50, 10)) for _ in range(40)]
    text = Thing("text", "All files will be deleted.", (10, 30, 200, 20))
    yes = Thing("link", "Yes", (10, 60, 50, 20))
    dialog = Thing("dialog", "Question", (0, 0, 400, 300), *empty, text, yes)
    elements, _ = open_window(Thing("window", "W", (0, 0, 800, 600), dialog))
    found = elements.element_at(Point(20, 70), WINDOW)
    assert found is not None
    assert found.dialog == Dialog("Question", "All files will be deleted.")


def test_the_default_button_is_that_of_the_form_or_of_the_dialog(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    source.focus = source.top.find("Card number")
    pay = elements.default_button(WINDOW)
    assert pay is not None
    assert pay.name == "Pay"
    source.focus = source.top.find("Imprint")
    assert elements.default_button(WINDOW) is NOTHING, "outside of the form"
    source.tells_forms = False
    assert elements.default_button(WINDOW) is None

    dialog, source = open_window(make_save_dialog())
    for focus in (None, source.top.find("Cancel")):
        source.focus = focus
        found = dialog.default_button(WINDOW)
        assert found is not None
        assert found.name == "Replace"
    source.top.children[0].tells_default = False
    assert dialog.default_button(WINDOW) is None


def test_password_areas_are_found_and_kept_while_unknown(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    assert elements.password_areas([WINDOW]) == [Rect(100, 160, 200, 20)]
    source.top.change(sides=None)
    assert elements.password_areas([WINDOW]) == [Rect(100, 160, 200, 20)]
    assert elements.password_areas([]) == []


def test_password_areas_of_other_windows_are_kept(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    other = replace(WINDOW, id=WindowId(8, WINDOW.id.process + 1))
    tops = {WINDOW.id: [source.top]}
    source.list_windows = lambda window: tops.get(window.id, [])  # type: ignore[method-assign]
    found = elements.password_areas([WINDOW, other])
    assert found == [Rect(100, 160, 200, 20)]
    assert elements.password_areas([other]) == []
    source.top.change(sides=None)
    assert elements.password_areas([WINDOW, other]) == found


def test_a_window_with_too_many_password_fields_is_hidden_as_a_whole(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    put_before(source.top.find("Card number"), "password field", 51)
    assert elements.password_areas([WINDOW]) == [WINDOW.whole]


def test_a_form_with_too_many_fields_may_ask_for_anything(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    put_before(source.top.find("Card number"), "field", 31)
    found = elements.element_at(PAY, WINDOW)
    assert found is not None
    assert found.form == {"card", "password"}


def put_before(thing: Thing, role: Role, count: int) -> None:
    """Put small objects in front of one."""
    form = thing.parent
    assert form is not None
    more = [Thing(role, f"{role} {number}", (90, 110, 3, 3)) for number in range(count)]
    for each in more:
        each.parent = form
    form.children = [*more, *form.children]


def test_what_was_found_counts_although_the_focus_is_unknown() -> None:
    top = make_browser()
    place = top.children[1]
    for _ in range(100):
        inner = Thing("group", "", (80, 100, 400, 300))
        inner.parent = place
        place.children = [*place.children, inner]
        place = inner
    source = FakeSource(top, native=False)
    source.focus = top.find("Address")
    source.focus.before = refuse
    with open_elements(source) as elements:
        assert elements.password_areas([WINDOW]) == [Rect(100, 160, 200, 20)]


def refuse() -> None:
    raise Unanswered("It does not answer.")


def test_nothing_is_pressed_after_the_caller_was_told_that_it_was_not() -> None:
    top = make_browser()
    back, ended = top.find("Back"), threading.Event()

    def find_slowly() -> None:
        time.sleep(0.5)
        ended.set()

    with open_elements(FakeSource(top)) as elements:
        id = find_id(elements, "Back")
        back.find_parent = find_slowly  # type: ignore[method-assign]
        with pytest.raises(InvalidRequest, match="did not answer"):
            elements.press(id)
        assert ended.wait(30)
        # It would be pressed in the next moment.
        time.sleep(0.1)
        assert back.done == []


def test_a_list_has_what_is_on_the_screen_and_no_passwords(open_window: Open) -> None:
    elements, _ = open_window(make_browser())
    listed = elements.window_tree(WINDOW, 120)
    shown = [(each.element.role, each.element.name, each.value) for each in listed.elements]
    assert listed.is_whole
    assert shown == [
        ("button", "Back", ""),
        ("address bar", "Address", "shop.example"),
        ("document", "Log in", ""),
        ("heading", "Log in", ""),
        ("field", "Card number", "4111"),
        ("password field", "Password", ""),
        ("check box", "Remember me", ""),
        ("button", "Pay", ""),
        ("text", "Cookies", ""),
    ]
    again = elements.window_tree(WINDOW, 120)
    assert [each.id for each in again.elements] == [each.id for each in listed.elements]
    few = elements.window_tree(WINDOW, 3)
    assert len(few.elements) == 3
    assert not few.is_whole


def test_what_is_scrolled_away_is_found_by_name_and_scrolled_there(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    id = find_id(elements, "imprint")
    link = source.top.find("Imprint")
    link.change(sides=(80, 400, 60, 20))
    assert elements.press(id) == "pressed"
    assert ("press",) in link.done
    files, source = open_window(make_files())
    hidden = find_id(files, "file30.txt")
    with pytest.raises(InvalidRequest, match="not on the screen"):
        files.press(hidden)


def test_a_file_is_selected_and_not_opened(open_window: Open) -> None:
    elements, source = open_window(make_files())
    assert elements.press(find_id(elements, "file3.txt")) == "pressed"
    assert source.top.find("file3.txt").done == [("select",)]
    assert elements.press(find_id(elements, "Size")) == "pressed"


def test_values_are_set_by_role(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    assert elements.set_value(find_id(elements, "Card number"), "42") == "42"
    assert elements.set_value(find_id(elements, "Password"), "new") == ""
    remember = find_id(elements, "Remember me")
    assert elements.set_value(remember, "on") == "on"
    assert elements.set_value(remember, "on") == "on"
    assert source.top.find("Remember me").done == [("press",)]
    files, _ = open_window(make_files())
    size = find_id(files, "Size")
    assert files.set_value(size, "5") == "5"
    with pytest.raises(InvalidRequest, match="must be a number"):
        files.set_value(size, "large")


def test_a_field_that_cannot_be_set_is_to_be_typed(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    source.top.find("Card number").offers = ()
    id = find_id(elements, "Card number")
    assert elements.set_value(id, "42") is None
    assert not elements.focus_element(id)


def test_a_closed_list_is_opened_for_its_choices(open_window: Open) -> None:
    top = make_save_dialog()
    combo = top.find("File type")
    combo.offers = ("expand",)

    def show_items() -> None:
        if combo.done == [("expand", True)] and not combo.children:
            combo.children = [Thing("list item", "Text"), Thing("list item", "Any file")]

    elements, source = open_window(top)
    for each in (source.top, *source.top.walk()):
        each.before = show_items
    id = find_id(elements, "File type")
    assert elements.set_value(id, "any file") == "Any file"
    assert combo.done == [("expand", True), ("expand", False)]
    assert [item.done for item in combo.walk()] == [[], [("select",)]]
    with pytest.raises(InvalidRequest, match="“Text”, “Any file”"):
        elements.set_value(id, "Pictures")


def test_texts_are_read_but_no_passwords(open_window: Open) -> None:
    elements, _ = open_window(make_notepad())
    assert elements.read_text(find_id(elements, "Text editor")) == "Dear all"
    browser, _ = open_window(make_browser())
    with pytest.raises(InvalidRequest, match="not read"):
        browser.read_text(find_id(browser, "Password"))
    page = browser.find(WINDOW, "document", None).elements[0].id
    assert browser.read_text(page) == "Log in\nPay\nCookies\nImprint"


def test_an_element_with_another_name_is_gone(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    id = find_id(elements, "Back")
    named, window = elements.look_up(id, [WINDOW])
    assert (named.element.name, window) == ("Back", WINDOW)
    source.top.find("Back").change(name="Delete everything")
    for use in (elements.press, elements.read_text, elements.focus_element):
        with pytest.raises(InvalidRequest, match="is gone"):
            use(id)
    with pytest.raises(InvalidRequest, match="is gone"):
        elements.look_up(id, [WINDOW])
    with pytest.raises(InvalidRequest, match="is gone"):
        elements.look_up(id, [])


def test_a_disabled_button_is_not_pressed(open_window: Open) -> None:
    elements, source = open_window(make_browser())
    id = find_id(elements, "Pay")
    source.top.find("Pay").change(states=frozenset({"disabled"}))
    with pytest.raises(InvalidRequest, match="disabled"):
        elements.press(id)
