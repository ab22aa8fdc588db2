"""The tree that Sway sends, and what another program at its socket may send."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.native.wayland.stop_key import is_bound, is_stop, to_sway
from bridge.computer.native.wayland.sway import read_views
from bridge.computer.native.wayland.wire import WaylandError
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable


def box(*sides: int) -> dict[str, int]:
    return dict(zip(("x", "y", "width", "height"), sides, strict=True))


def view(title: str, **fields: Any) -> dict[str, Any]:
    node: dict[str, Any] = {
        "id": len(title),
        "pid": 100,
        "name": title,
        "app_id": "org.program",
        "shell": "xdg_shell",
        "visible": True,
        "focused": False,
        "rect": box(100, 125, 404, 302),
        "window_rect": box(2, 0, 400, 300),
        "deco_rect": box(100, 100, 404, 25),
        "geometry": box(0, 0, 400, 300),
        "nodes": [],
        "floating_nodes": [],
    }
    return {**node, **fields}


def tree(*nodes: Any, floating: list[Any] | None = None) -> dict[str, Any]:
    workspace = {"nodes": list(nodes), "floating_nodes": floating or []}
    return {"nodes": [{"nodes": [workspace], "floating_nodes": []}], "floating_nodes": []}


def test_a_window_has_a_title_bar_above_and_borders_beside_it() -> None:
    (found,) = read_views(tree(view("Mail", focused=True)))
    assert (found.title, found.classes, found.is_focused) == ("Mail", ("org.program",), True)
    assert found.area == Rect(102, 125, 400, 300)
    assert found.frame == Rect(100, 100, 404, 327)
    assert found.id == (4, 100)


def test_what_a_program_draws_begins_outside_of_a_window_with_a_shadow() -> None:
    (found,) = read_views(tree(view("Mail", geometry=box(26, 23, 400, 300))))
    assert found.surface == Point(76, 102)


def test_fullscreen_is_above_floating_above_tiled() -> None:
    order = tree(
        view("tiled"),
        {"nodes": [view("tabbed"), view("hidden tab", visible=False)], "floating_nodes": []},
        view("whole screen", fullscreen_mode=1),
        floating=[view("below"), view("above")],
    )
    titles = [each.title for each in read_views(order)]
    assert titles == ["whole screen", "above", "below", "tiled", "tabbed"]


def test_a_window_of_xwayland_has_a_class_and_no_places_of_its_own() -> None:
    properties = {"class": "XTerm", "instance": "xterm", "title": "shell"}
    kind = {"app_id": None, "shell": "xwayland", "window_properties": properties}
    (found,) = read_views(tree(view("shell", **kind)))
    assert found.classes == ("XTerm", "xterm")
    assert not found.is_native


def test_what_reaches_below_a_panel_is_not_there() -> None:
    below = view("below", rect=box(100, 0, 400, 300), deco_rect=box(0, 0, 0, 0))
    room = {**view("1"), "type": "workspace", "pid": None, "rect": box(0, 30, 1920, 1050)}
    full = view("whole", fullscreen_mode=1, rect=box(0, 0, 1920, 1080), deco_rect=box(0, 0, 0, 0))
    whole, floating = read_views({**room, "nodes": [full], "floating_nodes": [below]})
    assert floating.frame == Rect(100, 30, 400, 270)
    assert whole.frame == Rect(0, 0, 1920, 1080)


@pytest.mark.parametrize(
    "node",
    [
        view("a", rect=None),
        view("a", rect=box(0, 0, 1, 1) | {"x": "0"}),
        view("a", id=2**60),
        view("a", nodes={}),
        "no node",
    ],
)
def test_a_tree_that_is_none_is_refused(node: Any) -> None:
    with pytest.raises(WaylandError):
        read_views(tree(node))


def test_a_tree_without_end_is_refused() -> None:
    node: dict[str, Any] = {}
    for _ in range(500):
        node = {"nodes": [node]}
    with pytest.raises(WaylandError):
        read_views(node)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(tuple(view("a"))), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_refused(tree: Any) -> None:
    with suppress(WaylandError):
        read_views(tree)


@given(JSON)
def test_any_event_is_the_stop_key_or_not(event: Any) -> None:
    assert not is_stop(event)


def test_the_stop_key_is_known_by_its_command() -> None:
    assert is_stop({"change": "run", "binding": {"command": "nop claude-bridge-stop"}})


def test_the_stop_key_is_spelled_as_in_sway() -> None:
    assert to_sway("ctrl+alt+Escape") == "Ctrl+Mod1+Escape"
    with pytest.raises(DesktopUnavailable, match="nonsense"):
        to_sway("nonsense")


@pytest.mark.parametrize(
    ("config", "bound"),
    [
        ("bindsym Control+Alt+escape exec lock\n", True),
        ("set $mod Mod1\n  bindsym --locked $mod+Ctrl+Escape exec lock\n", True),
        ("bindsym Ctrl+Escape exec lock\n# bindsym Ctrl+Mod1+Escape exec lock\n", False),
        ("", False),
    ],
)
def test_a_key_of_the_users_configuration_is_not_taken(config: str, bound: bool) -> None:
    assert is_bound("Ctrl+Mod1+Escape", config) is bound
