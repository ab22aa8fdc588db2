"""`claude-bridge computer …`: use this desktop through the bridge."""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bridge.cli.client import (
    BridgeClient,
    ClientError,
    NotRunning,
    open_client,
    read_control_token,
)
from bridge.cli.computer.health import format_computer_use
from bridge.cli.computer.parsers import BUTTONS, NEEDS_TERMINAL, add_computer_arguments
from bridge.cli.computer.replay import group_steps, select_steps
from bridge.cli.exit_codes import ExitCode
from bridge.cli.text import clean, dim, print_error, print_line
from bridge.errors import SettingsError

_ELEMENT_ID = re.compile(r"e\d+[a-z]{2}")
ASKED_BY = "the command line"

_MODES = {
    "ask": "ask before each step",
    "ask_risky": "ask before risky steps",
    "allowed": "allow everything for a while",
}
_LEVELS = {"view": "look only", "click": "clicks", "everything": "everything"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `computer`."""
    add_computer_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run a subcommand; return the exit code. Raises ClientError."""
    # Closing the connection stops what the bridge does for this command.
    with closing(open_client(arguments)) as bridge:
        try:
            return _SUBCOMMANDS[arguments.subcommand](bridge, arguments)
        except KeyboardInterrupt:
            print_error("Stopped.")
            return ExitCode.INTERRUPTED


def _print_status(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    status = bridge.send("GET", "/computer").json()
    if arguments.json:
        print(json.dumps(status, indent=2))
        return ExitCode.OK
    print_line(format_computer_use({**status, "waiting": len(status["waiting"])}))
    for waiting in status["waiting"]:
        print_line(f"Waiting for approval, for {waiting['asked_by']}:")
        for what in waiting["what"]:
            print_line(_indent(what))
    for program in status.get("programs", ()):
        print_line(f"{'Approved' if program['approved'] else 'Denied'}: {program['program']}")
    return 0


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


def _turn_on(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    if not sys.stdin.isatty():
        raise SettingsError(NEEDS_TERMINAL)
    patch: dict[str, Any] = {"mode": arguments.mode}
    if arguments.mode == "allowed":
        patch["minutes"] = 15 if arguments.minutes is None else arguments.minutes
    elif arguments.minutes is not None:
        raise SettingsError("--minutes needs --mode allowed")
    bridge.send("POST", "/control/switches", {"computer": patch})
    print_line(
        f"Computer use on: {_MODES[arguments.mode]}. Stop it with: claude-bridge computer stop"
    )
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
        print_line(f"{_LEVELS[app['level']]}: {app['name']} ({app['path']}, id {app['id']})")
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
    print_line(f"Removed {chosen[0]['name']}. You are asked about it again.")
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
        print_line(arguments.output)
    return 0


def _guess_format(name: str) -> str:
    form = Path(name).suffix.lower().removeprefix(".").replace("jpg", "jpeg")
    return form if form in ("jpeg", "png", "webp") else "png"


def _click(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    member = "double_click" if arguments.double else BUTTONS[arguments.button]
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
        print_line(f"{outcome['what']}{risks}{result}")
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
    print_line(f"  {name}")


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
                print(clean(event["text"]), end="", flush=True)
            case "run.thinking":
                print(dim(clean(event["text"]), sys.stderr), end="", file=sys.stderr, flush=True)
            case "run.approval":
                _ask_user(bridge.url, event)
            case "run.acted":
                for what in event["what"]:
                    print(dim(clean(f"\n→ {what}"), sys.stderr), file=sys.stderr)
                if event["failed"]:
                    print(dim(clean(f"  {event['failed']}"), sys.stderr), file=sys.stderr)
            case "run.error":
                print_error(f"\n{event['error']['message']}")
                return 1
            case "run.finished":
                return _report_end(event)
    raise NotRunning("The bridge stopped before the task was finished.")


def _report_end(event: Mapping[str, Any]) -> int:
    print()
    if event["status"] != "completed":
        print_error(f"{event['status']}: {event['text']}")
    return 0 if event["status"] == "completed" else 1


def _ask_user(url: str, event: Mapping[str, Any]) -> None:
    """Ask for approval at the terminal; without one, point to the tray and the dashboard."""
    for what in event["what"]:
        print_error(f"\n? {what}")
    if event["risks"]:
        print_error(f"  Risky: {', '.join(event['risks'])}.")
    if not sys.stdin.isatty():
        print_error("  Approve or deny it in the tray or on the dashboard.")
        return
    print("  Approve? [y/N] ", end="", file=sys.stderr, flush=True)
    approved = sys.stdin.readline().strip().lower() in ("y", "yes")
    # The run's own connection is busy: its events are being read.
    connection = BridgeClient(url, read_control_token())
    body = {"approved": approved, "digest": event.get("digest")}
    try:
        connection.send("POST", f"/computer/approvals/{event['id']}", body)
    except ClientError as error:
        print_error(error)
    finally:
        connection.close()


def _replay(bridge: BridgeClient, arguments: argparse.Namespace) -> int:
    """Repeat the actions of a log.

    Each action is sent with the size of the picture that its coordinates refer to.
    """
    for steps in group_steps(select_steps(arguments)):
        actions = [{"action": action.member, **action.model_dump()} for action, _ in steps]
        code = _perform_actions(bridge, actions, arguments, max_edge=max(steps[0][1]))
        if code:
            return code
    return 0


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
