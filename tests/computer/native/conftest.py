"""A display with programs on it, and its input devices."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bridge.computer.native.x11.input import X11Input
from tests.computer.native.programs.start import PROGRAMS, Program
from tests.desktop import need_program, x_display


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """The name of a display of 1920×1080, which is also in the environment."""
    with x_display("1920x1080") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", name)
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        yield name


@pytest.fixture(scope="module")
def program(
    screen: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Program]]:
    """A function that returns a program by its name, started on first use."""
    folder = tmp_path_factory.mktemp("programs")
    running: dict[str, Program] = {}
    with ExitStack() as stack:

        def get(name: str) -> Program:
            if name not in running:
                running[name] = stack.enter_context(PROGRAMS[name](folder))
            return running[name]

        yield get


@pytest.fixture
def layout(screen: str) -> Iterator[Callable[[str], None]]:
    """A function that sets the keyboard's layout; it is `us` at the start and at the end."""
    need_program("setxkbmap")

    def choose(name: str) -> None:
        subprocess.run(["setxkbmap", name], check=True, env={**os.environ, "DISPLAY": screen})

    choose("us")
    yield choose
    choose("us")


@pytest.fixture
def input_device(screen: str) -> Iterator[X11Input]:
    made = X11Input({"DISPLAY": screen})
    yield made
    made.close()
