"""A headless mutter for tests, with PipeWire, on a bus of its own, run as an ordinary user."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.desktop import need_program, runtime_folder

_NOBODY = 65534
_HANG_SECONDS = 30.0
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <standard_session_servicedirs/>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
SIZE = (1280, 720)


@contextmanager
def run_mutter(*monitors: str, program: str = "mutter") -> Iterator[Mapping[str, str]]:
    """Yield the variables of a session, which programs and the bridge need.

    `program`: `gnome-shell` is mutter with all of GNOME.
    """
    for name in (program, "pipewire", "wireplumber", "dbus-daemon"):
        need_program(name)
    with runtime_folder() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "bus.conf").write_text(_BUS.format(folder=name), "utf-8")
        if os.getuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        folder.chmod(0o700)
        session = {
            "XDG_RUNTIME_DIR": name,
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={name}/bus",
            "HOME": name,
            "XDG_CACHE_HOME": f"{name}/cache",
            "GSETTINGS_BACKEND": "memory",
            "XDG_CURRENT_DESKTOP": "GNOME",
            # That of the machine has nothing to do with this desktop.
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={name}/bus",
        }

        def start(*words: str, until: Callable[[], bool]) -> None:
            stack.enter_context(_run(words, session))
            _wait_for(until, words[0])

        start("dbus-daemon", f"--config-file={name}/bus.conf", until=(folder / "bus").exists)
        start("pipewire", until=(folder / "pipewire-0").exists)
        start("wireplumber", until=lambda: True)
        sizes = monitors or (f"{SIZE[0]}x{SIZE[1]}",)
        options = [word for size in sizes for word in ("--virtual-monitor", size)]
        start(
            *(program, "--headless", "--wayland", "--no-x11", "--wayland-display=wayland-9"),
            *options,
            until=(folder / "wayland-9").exists,
        )
        yield {**session, "WAYLAND_DISPLAY": "wayland-9", "XDG_SESSION_TYPE": "wayland"}


@contextmanager
def _run(words: tuple[str, ...], session: Mapping[str, str]) -> Iterator[None]:
    if os.getuid() == 0:
        user = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
        words = ("setpriv", *user, *words)
    with subprocess.Popen(
        words,
        env={"PATH": os.environ["PATH"], **session},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(condition: Callable[[], bool], program: str) -> None:
    until = time.monotonic() + _HANG_SECONDS
    while not condition():
        assert time.monotonic() < until, f"{program} did not start"
        time.sleep(0.01)


def open_pipewire(folder: str) -> int:
    """Connect to PipeWire in a runtime folder; return the descriptor."""
    remote = socket.socket(socket.AF_UNIX)
    remote.connect(f"{folder}/pipewire-0")
    return remote.detach()
