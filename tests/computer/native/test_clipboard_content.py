"""The pipes of the clipboard, whatever their descriptors are."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.computer.native.clipboard_content import read_content, write_content
from bridge.computer.native.waiting import wait_until_readable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Wayland is not there")

FIRST_HIGH = 1024
"""What `select` refuses; a server with many connections has such descriptors."""


@pytest.fixture
def high_pipe() -> Iterator[tuple[int, int]]:
    import fcntl
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FIRST_HIGH + 10:
        pytest.skip("this system lets no process have so many")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FIRST_HIGH + 10), hard))
    low = os.pipe()
    yield (
        fcntl.fcntl(low[0], fcntl.F_DUPFD, FIRST_HIGH),
        fcntl.fcntl(low[1], fcntl.F_DUPFD, FIRST_HIGH),
    )
    for descriptor in low:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_high_descriptor_is_written_and_read(high_pipe: tuple[int, int]) -> None:
    reading, writing = high_pipe
    assert wait_until_readable([reading], 0) == set()
    assert write_content(writing, b"abc")
    assert wait_until_readable([reading], 30) == {reading}
    os.close(reading)


def test_what_cannot_be_written_to_is_closed(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    assert not write_content(folder, b"abc")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(folder)


def test_all_types_are_read_from_high_descriptors(high_pipe: tuple[int, int]) -> None:
    reading, writing = high_pipe
    os.close(writing)

    def begin(_kind: str, ends: float) -> int:
        assert ends > time.monotonic()
        other, end = os.pipe()
        os.write(end, b"abc")
        os.close(end)
        os.dup2(other, reading)
        os.close(other)
        return reading

    assert read_content(["text/plain"], begin, "type less") == {"text/plain": b"abc"}
