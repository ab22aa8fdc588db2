"""`running.json` tells where the user's servers listen."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bridge.running import (
    NAME,
    RunningServer,
    describe_own_process,
    is_alive,
    list_servers,
    read_record,
    read_start_time,
    remove_record,
    to_reachable,
    write_record,
)


def own(port: int = 8000) -> RunningServer:
    return describe_own_process(f"http://127.0.0.1:{port}", "1.2")


def test_the_file_has_address_process_and_version_and_is_private(tmp_path: Path) -> None:
    path = write_record(tmp_path, own())
    assert path == tmp_path / "running.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    values = json.loads(path.read_text())
    assert (values["url"], values["pid"]) == ("http://127.0.0.1:8000", os.getpid())
    assert (values["version"], list_servers(tmp_path)) == ("1.2", [own()])
    assert list(tmp_path.iterdir()) == [path], "no half-written file is left"


def test_a_second_server_of_the_same_folder_has_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = own(8000), own(8001)
    paths = [write_record(tmp_path, server) for server in (first, second)]
    assert [path.name for path in paths] == ["running.json", "running-8001.json"]
    assert {server.url for server in list_servers(tmp_path)} == {first.url, second.url}
    remove_record(paths[0], first)
    assert list_servers(tmp_path) == [second]


def test_a_server_that_crashed_is_recognized_and_replaced(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    write_record(tmp_path, replace(own(), pid=process.pid))
    assert list_servers(tmp_path) == []
    assert write_record(tmp_path, own(8001)).name == NAME


def test_another_process_with_the_same_number_is_recognized_by_its_start(tmp_path: Path) -> None:
    earlier = replace(own(), started_at=own().started_at - 60)
    write_record(tmp_path, earlier)
    assert not is_alive(earlier)
    assert list_servers(tmp_path) == []


def test_a_server_removes_its_own_file_only(tmp_path: Path) -> None:
    path = write_record(tmp_path, own())
    remove_record(path, replace(own(), pid=1))
    assert path.exists()
    remove_record(path, own())
    assert not path.exists()
    remove_record(path, own())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"url": "http://127.0.0.1:8000"}',
        b'{"url": "http://::1:8000", "pid": 1, "started_at": 1, "version": ""}',
        b'{"url": "http://127.0.0.1:99999", "pid": 1, "started_at": 1, "version": ""}',
        b'{"url": "http://evil.example:80", "pid": 1, "started_at": 1, "version": ""}',
        b'{"url": "http://127.0.0.1:80", "pid": [], "started_at": 1, "version": ""}',
        b'{"url": "http://127.0.0.1:80", "pid": 1, "started_at": 1e999, "version": ""}',
        b'{"url": "http://127.0.0.1:80", "pid": 1e999, "started_at": 1, "version": ""}',
    ],
)
def test_a_damaged_file_is_no_server(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert list_servers(tmp_path) == []
    assert write_record(tmp_path, own()).name == NAME
    assert read_record(tmp_path / NAME) == own()


@pytest.mark.parametrize("pid", [-1, 0, 2**31, 2**70])
def test_a_number_that_no_process_has_is_not_alive(pid: int) -> None:
    assert not is_alive(replace(own(), pid=pid))


def test_the_start_of_a_process_does_not_change(tmp_path: Path) -> None:
    assert read_start_time(os.getpid()) == read_start_time(os.getpid())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://[::]:8000", "http://[::1]:8000"),
        ("http://[fe80::1%eth0]:8000", "http://[fe80::1%eth0]:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_a_server_on_every_address_is_reached_on_loopback(url: str, expected: str) -> None:
    assert to_reachable(url) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="others ask psutil")
def test_the_start_of_a_process_is_the_one_that_psutil_tells() -> None:
    process = psutil.Process()
    expected = process.create_time() - psutil.boot_time()
    assert read_start_time(os.getpid()) == pytest.approx(expected, abs=0.5)
    assert read_start_time(2**30) is None
