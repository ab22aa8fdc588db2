"""The steps that `claude-bridge computer replay` repeats."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bridge.cli.text import print_line
from bridge.paths import find_paths

if TYPE_CHECKING:
    from bridge.computer.actions import Action
    from bridge.computer.screen.geometry import Size

    Step = tuple[Action, Size]


def select_steps(arguments: argparse.Namespace) -> Iterator[Step]:
    """Yield the steps to repeat, and print those that are skipped; in a dry run print all."""
    # Imported here because it loads pydantic, which no other command needs.
    from bridge.computer.action_log import read_log

    for number, step in enumerate(read_log(arguments.log or find_paths().computer_log), start=1):
        if number < arguments.first or (arguments.last and number > arguments.last):
            continue
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(step.at))
        line = f"{number}: {at} {step.what}"
        if not step.done:
            print_line(f"{line} (skipped: it was not executed)")
        elif step.action is None:
            print_line(f"{line} (skipped: its text is not in the log)")
        elif arguments.dry_run:
            print_line(line)
        else:
            yield step.action, step.picture


def group_steps(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Group the steps to send in one request each.

    A step is a group by itself, except from `left_mouse_down` to `left_mouse_up`: the button is
    released at the end of each request.
    """
    held: list[Step] = []
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
