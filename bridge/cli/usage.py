"""`claude-bridge usage`: print what is left of the plan; allow extra usage, or stop it."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby
from typing import Any

from bridge.cli.client import open_client
from bridge.cli.locate import add_address_flags
from bridge.cli.text import print_error, print_line
from bridge.errors import SettingsError

_TIMEOUT_SECONDS = 10.0
_BAR_WIDTH = 20
_MOST_USERS = 10
"""Clients and models that are listed for one window."""
_EXTRA_USAGE = {
    "unknown": "not reported yet",
    "off": "switched off in your Claude account",
    "available": "available",
    "in_use": "in use, which costs money",
}
_WITHDRAW = "Withdraw it with: claude-bridge usage stop"
_AGREEMENTS = {
    "window": f"You allowed it until the plan resets. {_WITHDRAW}",
    "always": f"You allowed it always. {_WITHDRAW}",
}
_SETTINGS = {
    "ask": "Requests that would use it are refused until you run: claude-bridge usage allow",
    "allow": "The setting extra_usage allows it.",
    "refuse": "The setting extra_usage refuses it.",
}
_STILL_ALLOWED = (
    "Extra usage is still allowed, by the setting extra_usage. Change it to `ask` or `refuse`, and "
    "restart the bridge."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `usage`."""
    add_address_flags(parser)
    parser.add_argument(
        "action",
        nargs="?",
        choices=("allow", "stop"),
        help="allow extra usage, which costs money, until the plan resets; or stop it",
    )
    parser.add_argument(
        "--sign-in",
        metavar="NAME",
        help="whose plan it is about (default: the one that is refused)",
    )
    parser.add_argument("--always", action="store_true", help="with allow: also after the reset")
    parser.add_argument("--json", action="store_true", help="print the bridge's answer as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the use of the plan, or change the agreement to extra usage; return the exit code."""
    if arguments.always and arguments.action != "allow":
        raise SettingsError("--always needs allow")
    if arguments.sign_in is not None and arguments.action is None:
        raise SettingsError("--sign-in needs allow or stop")
    answer = _fetch_answer(arguments)
    is_failure = arguments.action == "stop" and answer["setting"] == "allow"
    if arguments.json:
        print(json.dumps(answer, indent=2))
    elif arguments.action is None:
        print_line(format_usage(answer, time.time()))
    elif not is_failure:
        print_line(_format_agreement(answer))
    if is_failure:
        print_error(_STILL_ALLOWED)
    return 1 if is_failure else 0


def _fetch_answer(arguments: argparse.Namespace) -> Any:
    """Return the usage, or after a change the plan. Raises ClientError."""
    with closing(open_client(arguments, timeout=_TIMEOUT_SECONDS)) as client:
        if arguments.action is None:
            # One day, as with none the users of the plan are not counted.
            return client.send("GET", "/usage?days=1&recent=0").json()
        allowed = "always" if arguments.always else "window"
        body = {"agreement": allowed if arguments.action == "allow" else "no"}
        if arguments.sign_in is not None:
            body["account"] = arguments.sign_in
        return client.send("POST", "/control/extra-usage", body).json()


def format_usage(report: Mapping[str, Any], now: float) -> str:
    """Format the answer of `GET /usage` as lines."""
    return "\n".join([*_list_plans(report, now), _format_today(report["today"])])


def _list_plans(report: Mapping[str, Any], now: float) -> Iterator[str]:
    plans = report.get("plans")
    if plans is None:
        yield "Your plan: this bridge is of an older version, which does not know it. Restart it."
    elif not plans:
        yield "Your plan: unknown. Claude reports it with answers through Claude Code."
    for plan in plans or ():
        yield from _list_plan(plan, now)
        # They are counted since the windows of the default account began.
        if plan["account"] == "default" and plan["windows"]:
            yield from _list_users(report["plan_users"], plan["windows"])


def _list_plan(plan: Mapping[str, Any], now: float) -> Iterator[str]:
    name = "Your plan" if plan["account"] == "default" else f"Your plan ({plan['account']})"
    if plan["windows"]:
        yield f"{name}, as of {_format_past(plan['as_of'], now)}:"
        yield from _align([_format_window(window, now) for window in plan["windows"]])
    else:
        yield f"{name}: {plan['words']}"
    if plan["refusal"]:
        yield f"Requests are refused now. {plan['refusal']}"
    permission = _AGREEMENTS.get(plan["agreement"]) or _SETTINGS[plan["setting"]]
    yield f"Extra usage: {_EXTRA_USAGE[plan['extra_usage']]}. {permission}"


def _format_window(window: Mapping[str, Any], now: float) -> Sequence[str]:
    # Imported here, so that other commands do not load what this one needs.
    from bridge.plan.words import format_moment, format_percent

    filled = min(_BAR_WIDTH, int(window["used"] * _BAR_WIDTH))
    bar = f"[{'#' * filled}{'-' * (_BAR_WIDTH - filled)}]"
    end = f"resets {format_moment(window['resets_at'], now)}"
    if window["empty_at"] is not None:
        end += f", used up at {format_moment(window['empty_at'], now)} at this pace"
    return window["label"], bar, f"{format_percent(window['used']):>5}", end


def _list_users(
    users: Sequence[Mapping[str, Any]], windows: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    if not users:
        yield "Nothing of it was used through this bridge."
        return
    yield "Used through this bridge, without cached tokens (other programs may use the plan, too):"
    labels = {window["name"]: window["label"] for window in windows}
    rows: list[Sequence[str]] = []
    for name, group in groupby(users, key=lambda user: str(user["window"])):
        listed = list(group)
        label = labels.get(name, name)
        rows += [_format_user(label, user) for user in listed[:_MOST_USERS]]
        if len(listed) > _MOST_USERS:
            rows.append((label, "", "", f"and {len(listed) - _MOST_USERS} more, see --json"))
    yield from _align(rows)


def _format_user(label: str, user: Mapping[str, Any]) -> Sequence[str]:
    requests = _format_requests(user["requests"])
    return label, user["client"], user["model"], f"{requests}, {user['tokens']:,} tokens"


def _format_today(today: Mapping[str, Any]) -> str:
    if not today["requests"]:
        return "Today: no requests"
    cached = today["cache_read_tokens"]
    read = today["input_tokens"] + today["cache_write_tokens"] + cached
    unpriced = f", without {_format_requests(today['unpriced'])} of unknown price"
    return (
        f"Today: {_format_requests(today['requests'])}, {read:,} input tokens ({cached:,} from the "
        f"cache), {today['output_tokens']:,} output tokens, {_format_dollars(today['cost'])} at "
        f"list prices{unpriced if today['unpriced'] else ''}"
    )


def _format_agreement(plan: Mapping[str, Any]) -> str:
    """Format what was agreed, or withdrawn, and what that means."""
    if plan["agreement"] == "no":
        return "Extra usage is not allowed: requests that would be extra usage are refused."
    until = "always" if plan["agreement"] == "always" else "until the plan resets"
    whose = "" if plan["account"] == "default" else f" for the sign-in {plan['account']}"
    lines = [f"Extra usage is allowed{whose} {until}. {_WITHDRAW}"]
    if plan["extra_usage"] == "off":
        lines.append(f"As of the last answer, it is {_EXTRA_USAGE['off']}.")
    return "\n".join(lines)


def _format_past(moment: float, now: float) -> str:
    local, today = datetime.fromtimestamp(moment), datetime.fromtimestamp(now).date()
    return local.strftime("%H:%M" if local.date() == today else "%Y-%m-%d %H:%M")


def _format_requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


def _format_dollars(cost: float) -> str:
    return "less than $0.01" if 0 < cost < 0.01 else f"${cost:,.2f}"


def _align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as indented lines, with columns of one width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield f"  {'  '.join(cells)}".rstrip()
