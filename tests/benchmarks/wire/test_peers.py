"""Peers are named on the command line; their versions are read where they are installed."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.benchmarks.wire.peers import (
    PEERS,
    Place,
    parse_peers,
    read_node_version,
    read_python_version,
)


def test_a_peer_is_a_name_and_a_path(tmp_path: Path) -> None:
    program = tmp_path / "gateway"
    program.touch()

    assert parse_peers([f"litellm={program}", f"earlier={tmp_path}"]) == {
        "litellm": str(program),
        "earlier": str(tmp_path),
    }


def test_a_path_is_also_right_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gateway").touch()
    monkeypatch.chdir(tmp_path)

    assert parse_peers(["portkey=gateway"]) == {"portkey": str(tmp_path / "gateway")}


@pytest.mark.parametrize("peer", ["litellm", "litellm=", "nobody=/bin/sh"])
def test_anything_else_is_refused_with_the_names_there_are(peer: str) -> None:
    with pytest.raises(SystemExit, match=r"Not a peer: .*litellm=PATH or portkey=PATH"):
        parse_peers([peer])


def test_a_program_that_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"Nothing is at .*missing"):
        parse_peers([f"rolter={tmp_path / 'missing'}"])


def test_the_version_of_a_python_program_is_that_of_its_environment() -> None:
    program = str(Path(sys.executable).parent / "any-program")

    assert read_python_version("aiohttp")(program) == version("aiohttp")


def test_the_version_of_a_node_program_is_that_of_its_package(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "gateway"
    (package / "build").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "1.15.2"}))
    (package / "build" / "start.js").touch()
    (tmp_path / "gateway").symlink_to(package / "build" / "start.js")

    assert read_node_version(str(tmp_path / "gateway")) == "1.15.2"


@pytest.mark.parametrize("name", PEERS)
def test_each_peer_is_told_of_upstream_and_of_its_port(name: str, tmp_path: Path) -> None:
    place = Place("/bin/peer", 1234, "http://upstream", "claude-x", "sk-ant-x", tmp_path)

    start = PEERS[name].prepare(place)

    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    said = f"{start.command} {start.environment} {start.headers} {written}"
    assert "http://upstream" in said
    assert "1234" in said
