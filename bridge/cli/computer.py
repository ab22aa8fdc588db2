"""`claude-bridge computer …` and `claude-bridge stop`: use this desktop through the bridge."""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bridge.cli.client import (
    BridgeClient,
    ClientError,
    NotRunning,
    open_client,
    read_control_token,
)
from bridge.cli.flags import USAGE
from bridge.cli.locate import add_address_flags
from bridge.errors import SettingsError
from bridge.paths import find_paths

if TYPE_CHECKING:
    from bridge.computer.actions import Action
    from bridge.computer.screen.geometry import Size

    _Step = tuple[Action, Size]

_ELEMENT_ID = re.compile(r"e\d+[a-z]{2}")
ASKED_BY = "the command line"

_NEEDS_TERMINAL = (
    "Only a human can turn computer use on, so this command needs a terminal. You can also use "
    "the tray, the dashboard or your voice; no prompt and no program may do it."
)
_MODES = {
    "ask": "ask before each step",
    "ask_risky": "ask before risky steps",
    "allowed": "allow everything for a while",
}
_LEVELS = {"view": "look only", "click": "clicks", "everything": "everything"}
_BUTTONS = {"left": "left_click", "middle": "middle_click", "right": "right_click"}


def add_computer_parsers(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], flags: argparse.ArgumentParser
) -> None:
    """Add the parsers of `computer` and `stop`."""
    commands.add_parser(
        "stop", parents=[flags], usage=USAGE, help="stop computer use and turn it off"
    )
    parser = commands.add_parser(
        "computer", help="see and control this desktop, with your permission"
    )
    add_address_flags(parser)
    parsers = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    parsers.add_parser("status", help="show mode and pending approvals")
    on_help = "turn computer use on; works only in a terminal"
    on = parsers.add_parser("on", help=on_help, description=_NEEDS_TERMINAL)
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
    click.add_argument("--button", choices=tuple(_BUTTONS), default="left")
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


def run_computer(arguments: argparse.Namespace) -> int:
    """Run a subcommand; return the exit code: 0 success, 1 error, 3 not running."""
    bridge = None
    try:
        bridge = open_client(arguments)
        return _SUBCOMMANDS[arguments.subcommand](bridge, arguments)
    except ClientError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    finally:
        # Closing the connection stops what the bridge does for this command.
        if bridge is not None:
            bridge.close()


def _print_status(bridge: BridgeClient, _arguments: argparse.Namespace) -> int:
    status = bridge.send("GET", "/computer").json()
    print(format_computer_use({**status, "waiting": len(status["waiting"])}))
    for waiting in status["waiting"]:
        print(f"Waiting for approval, for {waiting['asked_by']}:")
        for what in waiting["what"]:
            print(_indent(what))
    for program in status.get("programs", ()):
        print(f"{'Approved' if program['approved'] else 'Denied'}: {program['program']}")
    return 0


def format_computer_use(health: Mapping[str, Any]) -> str:
    """Format the computer's part of `/health` in a line."""
    waiting = health.get("waiting", 0)
    if waiting:
        activity = f", {waiting} waiting for your approval (tray or dashboard)"
    else:
        activity = ", Claude is using this computer" if health.get("active") else ""
    return f"Computer use: {health['mode']}{activity}"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


def _turn_on(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    if not sys.stdin.isatty():
        raise SettingsError(_NEEDS_TERMINAL)
    patch: dict[str, Any] = {"mode": arguments.mode}
    if arguments.mode == "allowed":
        patch["minutes"] = 15 if arguments.minutes is None else arguments.minutes
    elif arguments.minutes is not None:
        raise SettingsError("--minutes needs --mode allowed")
    bridge.send("POST", "/control/switches", {"computer": patch})
    print(f"Computer use on: {_MODES[arguments.mode]}. Stop it with: claude-bridge stop")
    return 0


def _turn_off(bridge: BridgeClient, _arguments: argparse.Namespace) -> int:
    bridge.send("POST", "/control/switches", {"computer": {"mode": "off"}})
    print("Computer use off.")
    return 0


def _print_apps(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    apps = bridge.send("GET", "/computer/apps").json()["apps"]
    if arguments.remove is not None:
        return _remove_app(bridge, apps, arguments.remove)
    for app in apps:
        print(f"{_LEVELS[app['level']]}: {app['name']} ({app['path']}, id {app['id']})")
    if not apps:
        print("No decisions yet: you are asked about each program.")
    return 0


def _remove_app(bridge: BridgeClient, apps: Sequence[Mapping[str, Any]], wanted: str) -> int:
    if not sys.stdin.isatty():
        raise SettingsError("Only a human can change what Claude may do: --remove needs a terminal")
    chosen = [app for app in apps if wanted in (app["id"], app["name"], app["path"])]
    if len(chosen) != 1:
        number = "no" if not chosen else "more than one"
        raise SettingsError(f"{wanted}: {number} app of that name, path or id is in the list")
    bridge.send("DELETE", f"/computer/apps/{chosen[0]['id']}")
    print(f"Removed {chosen[0]['name']}. You are asked about it again.")
    return 0


def _save_screenshot(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    query = {name: getattr(arguments, name) for name in ("monitor", "max_edge", "region")}
    form = arguments.format or _guess_format(arguments.output)
    parameters = {name: value for name, value in query.items() if value is not None}
    answer = bridge.send("GET", f"/computer/screenshot?{urlencode({'format': form, **parameters})}")
    if arguments.output == "-":
        sys.stdout.buffer.write(answer.data)
    else:
        _write_file(Path(arguments.output), answer.data)
        print(arguments.output)
    return 0


def _guess_format(name: str) -> str:
    form = Path(name).suffix.lower().removeprefix(".").replace("jpg", "jpeg")
    return form if form in ("jpeg", "png", "webp") else "png"


def _click(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    member = "double_click" if arguments.double else _BUTTONS[arguments.button]
    action: dict[str, Any] = {"action": member, "coordinate": [arguments.x, arguments.y]}
    if arguments.keys:
        action["text"] = arguments.keys
    return _perform_actions(bridge, [action], arguments)


def _type(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    return _perform_actions(bridge, [{"action": "type", "text": arguments.text}], arguments)


def _press_key(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    return _perform_actions(bridge, [{"action": "key", "text": arguments.chord}], arguments)


def _list_windows(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    return _perform_actions(bridge, [{"action": "list_windows"}], arguments)


def _focus_window(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    action = {"action": "focus_window", "window": arguments.window}
    return _perform_actions(bridge, [action], arguments)


def _list_elements(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    wanted = {"role": arguments.role, "name": arguments.name}
    action = "find_element" if any(wanted.values()) else "list_elements"
    fields = wanted if any(wanted.values()) else {}
    return _perform_actions(
        bridge, [{"action": action, "window": arguments.window, **fields}], arguments
    )


def _act_by_name(
    bridge: BridgeClient, arguments: argparse.Namespace, action: str, **fields: str
) -> int:
    key = "id" if _ELEMENT_ID.fullmatch(arguments.element) else "name"
    element = {key: arguments.element, "role": arguments.role, "window": arguments.window}
    return _perform_actions(bridge, [{"action": action, **element, **fields}], arguments)


def _click_element(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    return _act_by_name(bridge, arguments, "click_element")


def _set_value(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    return _act_by_name(bridge, arguments, "set_value", value=arguments.value)


def _print_text(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    return _act_by_name(bridge, arguments, "read_text")


def _perform_json(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    try:
        actions = json.loads(arguments.json)
    except ValueError as error:
        raise SettingsError(f"invalid JSON: {error}") from error
    return _perform_actions(bridge, actions if isinstance(actions, list) else [actions], arguments)


def _perform_actions(
    bridge: BridgeClient, actions: Sequence[Any], arguments: argparse.Namespace, **more: Any
) -> int:
    body = {"actions": actions, "asked_by": ASKED_BY, "dry_run": arguments.dry_run, **more}
    done = bridge.send("POST", "/computer/actions", body).json()
    for outcome in done["outcomes"]:
        result = "" if outcome["result"] == "OK" else f": {outcome['result']}"
        risks = f" (risky: {', '.join(outcome['risks'])})" if outcome["risks"] else ""
        print(f"{outcome['what']}{risks}{result}")
        if outcome["image"]:
            _save_image(outcome["image"])
    return 0 if all(outcome["done"] for outcome in done["outcomes"]) else 1


def _write_file(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def _save_image(url: str) -> None:
    head, _, data = url.partition(",")
    name = f"screenshot.{head.partition('/')[2].partition(';')[0]}"
    _write_file(Path(name), base64.b64decode(data))
    print(f"  {name}")


def _run_task(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    body = {
        "prompt": arguments.prompt,
        "model": arguments.model,
        "asked_by": ASKED_BY,
        "dry_run": arguments.dry_run,
    }
    for event in bridge.stream_events("/computer/runs", body):
        match event["type"]:
            case "run.text":
                print(event["text"], end="", flush=True)
            case "run.thinking":
                print(_dim(event["text"]), end="", file=sys.stderr, flush=True)
            case "run.approval":
                _ask_user(bridge.url, event)
            case "run.acted":
                for what in event["what"]:
                    print(_dim(f"\n→ {what}"), file=sys.stderr)
                if event["failed"]:
                    print(_dim(f"  {event['failed']}"), file=sys.stderr)
            case "run.error":
                print(f"\n{event['error']['message']}", file=sys.stderr)
                return 1
            case "run.finished":
                return _report_end(event)
    raise NotRunning("The bridge stopped before the task was finished.")


def _report_end(event: Mapping[str, Any]) -> int:
    print()
    if event["status"] != "completed":
        print(f"{event['status']}: {event['text']}", file=sys.stderr)
    return 0 if event["status"] == "completed" else 1


def _ask_user(url: str, event: Mapping[str, Any]) -> None:
    """Ask for approval at the terminal; without one, point to the tray and the dashboard."""
    for what in event["what"]:
        print(f"\n? {what}", file=sys.stderr)
    if event["risks"]:
        print(f"  Risky: {', '.join(event['risks'])}.", file=sys.stderr)
    if not sys.stdin.isatty():
        print("  Approve or deny it in the tray or on the dashboard.", file=sys.stderr)
        return
    print("  Approve? [y/N] ", end="", file=sys.stderr, flush=True)
    approved = sys.stdin.readline().strip().lower() in ("y", "yes")
    # The run's own connection is busy: its events are being read.
    connection = BridgeClient(url, read_control_token())
    body = {"approved": approved, "digest": event.get("digest")}
    try:
        connection.send("POST", f"/computer/approvals/{event['id']}", body)
    except ClientError as error:
        print(error, file=sys.stderr)
    finally:
        connection.close()


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stderr.isatty() else text


def _replay(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    """Repeat the actions of a log.

    Each action is sent with the size of the picture that its coordinates refer to.
    """
    for steps in _group_steps(_select_steps(arguments)):
        actions = [{"action": action.member, **action.model_dump()} for action, _ in steps]
        code = _perform_actions(bridge, actions, arguments, max_edge=max(steps[0][1]))
        if code:
            return code
    return 0


def _select_steps(arguments: argparse.Namespace) -> Iterator[_Step]:
    """Yield the steps to repeat, and print those that are skipped; in a dry run print all."""
    # Imported here because it loads pydantic, which no other command needs.
    from bridge.computer.action_log import read_log

    for number, step in enumerate(read_log(arguments.log or find_paths().computer_log), start=1):
        if number < arguments.first or (arguments.last and number > arguments.last):
            continue
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(step.at))
        line = f"{number}: {at} {step.what}"
        if not step.done:
            print(f"{line} (skipped: it was not executed)")
        elif step.action is None:
            print(f"{line} (skipped: its text is not in the log)")
        elif arguments.dry_run:
            print(line)
        else:
            yield step.action, step.picture


def _group_steps(steps: Iterable[_Step]) -> Iterator[list[_Step]]:
    """Group the steps to send in one request each.

    A step is a group by itself, except from `left_mouse_down` to `left_mouse_up`: the button is
    released at the end of each request.
    """
    held: list[_Step] = []
    for step in steps:
        if held and held[0][1] != step[1]:
            yield held
            held = []
        held.append(step)
        if held[0][0].member != "left_mouse_down" or step[0].member == "left_mouse_up":
            yield held
            held = []
    if held:
        yield held


_SUBCOMMANDS: Mapping[str, Callable[[BridgeClient, argparse.Namespace], int]] = {
    "status": _print_status,
    "on": _turn_on,
    "off": _turn_off,
    "apps": _print_apps,
    "screenshot": _save_screenshot,
    "click": _click,
    "type": _type,
    "key": _press_key,
    "windows": _list_windows,
    "focus": _focus_window,
    "elements": _list_elements,
    "click-element": _click_element,
    "set-value": _set_value,
    "read-text": _print_text,
    "do": _perform_json,
    "run": _run_task,
    "replay": _replay,
}
