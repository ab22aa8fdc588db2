"""Makes docs/pictures/tray.png from the running product: `python -m tests.tray_host.picture`.

Needs Debian's xvfb, dbus, xfce4-panel, xdotool, imagemagick and a font. With a folder as its
argument it leaves a picture of each submenu there, too.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests import desktop
from tests.end_to_end.tray import ask

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "tray.png"
SCREEN = "1280x900"
PANEL = 26
"""Pixels of the panel's height."""

ROW = 25
URL = "http://127.0.0.1:8000"


def main(folder: Path | None) -> None:
    """Starts a desktop, the fake upstream and the tray, opens the menu, and takes the picture."""
    with ExitStack() as stack:
        environment = stack.enter_context(_desktop())
        upstream = stack.enter_context(
            running(environment, sys.executable, "-m", "tests.fake_anthropic")
        )
        assert upstream.stdout is not None
        environment["ANTHROPIC_BASE_URL"] = upstream.stdout.readline().strip()
        stack.enter_context(running(environment, sys.executable, "-m", "bridge"))
        asyncio.run(_used(environment))
        icon = _icon(environment)
        run(environment, "xdotool", "mousemove", *icon, "click", "1")
        time.sleep(1.5)
        _open_submenu(environment, icon, "Model")
        _shoot(environment, PICTURE)
        for name in ("Backend", "Computer use", "Connect", "About") if folder else ():
            _open_submenu(environment, icon, name)
            _shoot(environment, Path(folder or ".") / f"{name.lower()}.png")


@contextmanager
def _desktop() -> Iterator[dict[str, str]]:
    with (
        tempfile.TemporaryDirectory() as home,
        desktop.session_bus() as bus,
        desktop.x_display(SCREEN) as display,
    ):
        environment = {
            **os.environ,
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/.config",
            "CLAUDE_BRIDGE_HOME": f"{home}/bridge",
            "DBUS_SESSION_BUS_ADDRESS": bus,
            "DISPLAY": display,
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "BROWSER": "true",
        }
        with running(environment, "xfce4-panel", "--disable-wm-check"):
            run(environment, "xsetroot", "-solid", "#35506b")
            yield environment


async def _used(environment: dict[str, str]) -> None:
    """Waits until it answers, and asks it three things, so that there is something to count."""
    async with asyncio.timeout(60):
        while True:
            try:
                for _ in range(3):
                    usage = {"input_tokens": 5200, "output_tokens": 900}
                    await ask(URL, "default", text="Four, of course.", usage=usage)
                break
            except Exception as error:  # noqa: BLE001 - whatever a server says that is starting
                print(f"waiting: {error}")
                await asyncio.sleep(0.5)
    await asyncio.sleep(5)  # the panel has drawn the icon, and the tray has counted
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = environment["DBUS_SESSION_BUS_ADDRESS"]


def _icon(environment: dict[str, str]) -> tuple[str, str]:
    """Where the panel has drawn it: the first pixels of the bubble's colour."""
    shot = Path(environment["HOME"]) / "panel.png"
    crop = ("-crop", f"1280x{PANEL}+0+0", "+repage")
    run(environment, "import", "-window", "root", *crop, str(shot))
    from PIL import Image

    with Image.open(shot) as picture:
        pixels = picture.convert("RGB").load()
        assert pixels is not None
        found = [
            (x, y)
            for x in range(picture.width)
            for y in range(picture.height)
            if pixels[x, y] == (217, 119, 87)
        ]
    assert found, "the panel shows no icon"
    x, y = found[len(found) // 2]
    return str(x), str(y)


def _open_submenu(environment: dict[str, str], icon: tuple[str, str], label: str) -> None:
    """Moves the pointer down the open menu until the entry's row; separators are thin."""
    labels = asyncio.run(_labels(environment["DBUS_SESSION_BUS_ADDRESS"]))
    above = labels[: labels.index(next(one for one in labels if one.startswith(label)))]
    down = sum(ROW if one else 2 for one in above) + ROW // 2
    x = str(int(icon[0]) - 60)
    run(environment, "xdotool", "mousemove", x, str(PANEL + down))
    time.sleep(1.5)


async def _labels(bus_address: str) -> list[str]:
    """What the menu has, from above; empty for separators."""
    bus = await MessageBus(bus_address=bus_address).connect()
    names = await _call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "ListNames", "", [])
    assert isinstance(names[0], list)
    for name in names[0]:
        if not name.startswith(":") or name == bus.unique_name:
            continue
        body: list[object] = [0, 1, []]
        reply = []
        with suppress(TimeoutError):  # not everybody on the bus answers what is not for them
            async with asyncio.timeout(1):
                reply = await _call(bus, name, "/MenuBar", "GetLayout", "iias", body)
        if reply:
            bus.disconnect()
            layout: Any = reply[1]
            children = [child.value[1] for child in layout[2]]
            shown = [one for one in children if "visible" not in one or one["visible"].value]
            return [one["label"].value if "label" in one else "" for one in shown]
    raise LookupError("no menu on the bus")


async def _call(
    bus: MessageBus, name: str, path: str, member: str, signature: str, body: list[object]
) -> list[object]:
    interface = "com.canonical.dbusmenu" if path == "/MenuBar" else name
    reply = await bus.call(
        Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
    )
    assert reply is not None
    return list(reply.body) if reply.message_type is MessageType.METHOD_RETURN else []


def _shoot(environment: dict[str, str], path: Path) -> None:
    run(environment, "import", "-window", "root", "-crop", "900x760+380+0", "+repage", str(path))


@contextmanager
def running(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def run(environment: dict[str, str], *words: str) -> None:
    subprocess.run(words, env=environment, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
