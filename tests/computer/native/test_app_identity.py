"""The program of a process: its executable, and for an interpreter what it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.computer.apps.app import App
from bridge.computer.native.app_identity import identify_app, name_app, read_flatpak
from tests.computer.native.programs.start import eventually


@pytest.mark.parametrize(
    ("path", "words", "script"),
    [
        ("/usr/bin/firefox", "firefox --new-tab", ""),
        ("/usr/share/code/code", "code -c x", ""),
        ("/usr/bin/python3.11", "python3 {}/a.py", "a.py"),
        ("/usr/bin/python3.11", "python3 -u -I {}/a.py --x", "a.py"),
        ("/usr/bin/python3.11", "python3 a.py", "a.py"),
        ("/usr/bin/node", "node {}/a.py", "a.py"),
        ("/usr/lib/electron28/electron", "electron {}/a.py", "a.py"),
        ("/usr/bin/java", "java -Xmx512m -Dx=y -jar {}/a.py", "a.py"),
        ("C:\\Python\\python.exe", "python.exe {}/a.py", "a.py"),
    ],
)
def test_what_is_known(path: str, words: str, script: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    command = words.format(tmp_path).split()
    expected = App(path, str(tmp_path / script) if script else "")
    assert name_app(path, lambda: command, lambda: str(tmp_path)) == expected


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/usr/bin/python3.11", "python3"),
        ("/usr/bin/python3.11", "python3 -c pass"),
        ("/usr/bin/python3.11", "python3 -m http.server"),
        ("/usr/bin/python3.11", "python3 -W ignore {}/a.py"),
        ("/usr/bin/python3.11", "python3 {}/missing.py"),
        ("/usr/bin/perl", "perl -e 1 {}/a.py"),
        ("/usr/bin/node", "node --require {}/b.js {}/a.py"),
        ("/usr/bin/java", "java -cp {} Main"),
        ("/usr/bin/java", "java -javaagent:{}/b.jar -jar {}/a.py"),
        ("/usr/bin/wine64-preloader", "wine64-preloader {}/a.py"),
        ("/usr/bin/qemu-x86_64", "qemu-x86_64 {}/a.py"),
        ("/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2 {}/a.py"),
        ("/usr/bin/ssh", "ssh -X elsewhere"),
        ("/tmp/.mount_AppXYZ/usr/bin/app", "app"),  # noqa: S108 - an AppImage
        ("C:\\Windows\\System32\\ApplicationFrameHost.exe", "x"),
    ],
)
def test_what_is_unknown(path: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    command = words.replace("{}", str(tmp_path)).split()
    assert name_app(path, lambda: command, lambda: str(tmp_path)) is None


@pytest.mark.parametrize(
    ("text", "app"),
    [
        ("[Application]\nname=org.gnome.Maps\nruntime=x\n", App("flatpak:org.gnome.Maps")),
        ("[Application]\nname=../../usr/bin/x\n", None),
        ("[Application]\nruntime=x\n", None),
        ("nonsense", None),
    ],
)
def test_a_flatpak_is_known_by_its_sandbox(text: str, app: App | None, tmp_path: Path) -> None:
    assert read_flatpak(tmp_path) is None
    (tmp_path / ".flatpak-info").write_text(text)
    assert read_flatpak(tmp_path) == app


@contextmanager
def running(*words: str) -> Iterator[int]:
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_no_process_and_one_that_has_ended_are_unknown() -> None:
    assert identify_app(0) is None
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert identify_app(process.pid) is None


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@needs_linux
def test_a_real_program_and_a_real_script(tmp_path: Path) -> None:
    cat = os.path.realpath(str(shutil.which("cat")))
    with running("cat") as process:
        assert eventually(lambda: identify_app(process) == App(cat))
    script = tmp_path / "wait.py"
    script.write_text("input()")
    with running(sys.executable, str(script)) as process:
        python = App(os.path.realpath(sys.executable), str(script))
        assert eventually(lambda: identify_app(process) == python)


@needs_linux
def test_an_executable_that_was_replaced_is_unknown(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copy(str(shutil.which("cat")), mine)
    with running(str(mine)) as process:
        assert eventually(lambda: identify_app(process) == App(str(mine)))
        mine.unlink()
        assert identify_app(process) is None
        shutil.copy(str(shutil.which("true")), mine)
        assert identify_app(process) is None
