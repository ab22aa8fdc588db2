"""The subcommands of `claude-bridge computer` and their arguments."""

from __future__ import annotations

import argparse
from pathlib import Path

from bridge.cli.locate import add_address_flags

NEEDS_TERMINAL = (
    "Only a human can turn computer use on, so this command needs a terminal. You can also use "
    "the tray, the dashboard or your voice; no prompt and no program may do it."
)
BUTTONS = {"left": "left_click", "middle": "middle_click", "right": "right_click"}


def add_computer_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `computer`."""
    add_address_flags(parser)
    parsers = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    status = parsers.add_parser("status", help="show mode and pending approvals")
    status.add_argument("--json", action="store_true", help="print the bridge's answer as JSON")
    # Run by `computer.stop`, which needs none of this.
    parsers.add_parser("stop", help="stop computer use at once, and turn it off")
    on_help = "turn computer use on; works only in a terminal"
    on = parsers.add_parser("on", help=on_help, description=NEEDS_TERMINAL)
    on.add_argument("--mode", choices=("ask", "ask_risky", "allowed"), default="ask")
    on.add_argument("--minutes", type=float, help="with --mode allowed: for how long (default: 15)")
    parsers.add_parser("off", help="turn computer use off")
    apps = parsers.add_parser("apps", help="list what Claude may do in each program")
    apps.add_argument(
        "--remove", metavar="APP", help="forget a decision: a name, path or id of the list"
    )
    _add_screenshot_parser(parsers)
    _add_action_parsers(parsers)
    for subparser in parsers.choices.values():
        add_address_flags(subparser)


def _add_screenshot_parser(
    parsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    shot = parsers.add_parser("screenshot", help="save the screen as Claude would see it")
    shot.add_argument("-o", "--output", default="screenshot.png", help="a file, or - for stdout")
    shot.add_argument("--monitor", type=int, help="the screen; 0 is the main one")
    shot.add_argument("--max-edge", type=int, help="pixels of the long edge")
    shot.add_argument("--region", help="a part of it, enlarged: x0,y0,x1,y1")
    shot.add_argument(
        "--format", choices=("jpeg", "png", "webp"), help="(default: from the file extension)"
    )


def _add_action_parsers(parsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    click = parsers.add_parser("click", help="click at a pixel of the screenshot")
    click.add_argument("x", type=int)
    click.add_argument("y", type=int)
    click.add_argument("--button", choices=tuple(BUTTONS), default="left")
    click.add_argument("--double", action="store_true")
    click.add_argument("--keys", help="modifier keys, e.g. ctrl")
    typing = parsers.add_parser("type", help="type text exactly")
    typing.add_argument("text")
    key = parsers.add_parser("key", help="press a key or a combination, e.g. ctrl+s")
    key.add_argument("chord")
    by_name = _add_element_parsers(parsers)
    act = parsers.add_parser(
        "do", help="carry out an action of Claude's toolset, or a list, as JSON"
    )
    act.add_argument("json")
    run = parsers.add_parser("run", help="let Claude do a task")
    run.add_argument("prompt")
    run.add_argument("--model", default="default")
    replay = parsers.add_parser("replay", help="repeat the actions in a log")
    replay.add_argument("log", type=Path, nargs="?", help="(default: the bridge's log)")
    replay.add_argument("--from", dest="first", type=int, default=1, help="first line to repeat")
    replay.add_argument("--to", dest="last", type=int, help="last line to repeat")
    for command in (click, typing, key, *by_name, act, run, replay):
        command.add_argument("--dry-run", action="store_true", help="only show what would be done")


def _add_element_parsers(
    parsers: argparse._SubParsersAction[argparse.ArgumentParser],
) -> list[argparse.ArgumentParser]:
    """Add the parsers of actions by name."""
    window_help = "the window's id, title or a part of it (default: the one with the keyboard)"
    windows = parsers.add_parser("windows", help="list the windows")
    focus = parsers.add_parser("focus", help="bring a window to the front")
    focus.add_argument("window", help="its id, title or a part of it")
    elements = parsers.add_parser("elements", help="list the buttons, fields and texts of a window")
    elements.add_argument("name", nargs="?", help="only those with this name")
    click = parsers.add_parser("click-element", help="click a button or link by its name")
    setting = parsers.add_parser("set-value", help="set a field, slider, choice or check box")
    reading = parsers.add_parser("read-text", help="print the text of an element")
    for command in (click, setting, reading):
        command.add_argument("element", help="its id, such as e12ab, or its whole name")
    setting.add_argument("value", help="a text or number, or on and off for a check box")
    for command in (elements, click, setting, reading):
        command.add_argument("--role", help="such as button, link, field, check box, menu item")
        command.add_argument("--window", help=window_help)
    return [windows, focus, elements, click, setting, reading]
