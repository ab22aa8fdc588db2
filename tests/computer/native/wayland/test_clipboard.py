"""Pasting through the clipboard of Sway, whatever other programs do with it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping

import pytest

from bridge.computer.native.wayland.clipboard import Pasting
from tests.computer.native.programs.start import eventually

pytestmark = pytest.mark.end_to_end

COPIED = b"what the user copied"


@pytest.fixture(autouse=True)
def copied(sway: Mapping[str, str]) -> Iterator[None]:
    subprocess.run(["wl-copy", COPIED], check=True, timeout=30)
    yield
    subprocess.run(["wl-copy", "--clear"], check=True, timeout=30)


def read() -> bytes:
    command = ["wl-paste", "--no-newline"]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).stdout


def test_a_program_that_takes_the_text_late_gets_it(sway: Mapping[str, str]) -> None:
    got: list[bytes] = []

    def take_late() -> None:
        time.sleep(2)
        got.append(read())

    slow = threading.Thread(target=take_late)
    Pasting(sway).paste("first", slow.start)
    slow.join(30)
    assert got == [b"first"]
    assert eventually(lambda: read() == COPIED)


def test_a_text_before_the_last_one_was_taken_loses_nothing(sway: Mapping[str, str]) -> None:
    pasting = Pasting(sway)
    pasting.paste("first", lambda: None)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(read()))
    pasting.paste("second", reader.start)
    reader.join(30)
    assert got == [b"second"]
    assert eventually(lambda: read() == COPIED)


def test_a_program_that_reads_again_and_again_does_not_hold_up_the_paste(
    sway: Mapping[str, str],
) -> None:
    ended, pressed = threading.Event(), threading.Event()

    def watch() -> None:
        while not ended.is_set():
            read()

    watchers = [threading.Thread(target=watch) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    try:
        Pasting(sway).paste("first", pressed.set)
    finally:
        ended.set()
    for watcher in watchers:
        watcher.join(30)
    assert pressed.is_set()
    assert eventually(lambda: read() == COPIED)


def test_what_fails_before_the_keys_gives_the_clipboard_back(sway: Mapping[str, str]) -> None:
    def refuse() -> None:
        raise RuntimeError("another window")

    with pytest.raises(RuntimeError, match="another window"):
        Pasting(sway).paste("first", refuse)
    assert eventually(lambda: read() == COPIED)
