"""Makes docs/pictures/tray.png from the running program: `python -m tests.tray_host.picture`.

Needs Debian's xvfb, dbus, xfce4-panel, xdotool, imagemagick and a font. With a folder as its
argument, it also writes a picture of each submenu there.
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
"""Height of the panel in pixels."""

ROW = 25
"""Height of a menu entry in pixels."""
URL = "http://127.0.0.1:8000"


def main(folder: Path | None) -> None:
    """Start a desktop, the fake Anthropic and the tray, open the menu, and take the picture."""
    with ExitStack() as stack:
        environment = stack.enter_context(create_desktop())
        upstream = stack.enter_context(
            running(environment, sys.executable, "-m", "tests.fake_anthropic")
        )
        assert upstream.stdout is not None
        environment["ANTHROPIC_BASE_URL"] = upstream.stdout.readline().strip()
        stack.enter_context(running(environment, sys.executable, "-m", "bridge"))
        asyncio.run(_send_requests(environment))
        icon = find_icon(environment)
        run(environment, "xdotool", "mousemove", *icon, "click", "1")
        time.sleep(1.5)
        _open_submenu(environment, icon, "Model")
        _take_picture(environment, PICTURE)
        for name in ("Backend", "Computer use", "Connect", "About") if folder else ():
            _open_submenu(environment, icon, name)
            _take_picture(environment, Path(folder or ".") / f"{name.lower()}.png")


@contextmanager
def create_desktop() -> Iterator[dict[str, str]]:
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


async def _send_requests(environment: dict[str, str]) -> None:
    """Send three requests once the server is ready, so that the menu shows usage."""
    async with asyncio.timeout(60):
        while True:
            try:
                for _ in range(3):
                    usage = {"input_tokens": 5200, "output_tokens": 900}
                    await ask(URL, "default", text="Four, of course.", usage=usage)
                break
            except Exception as error:  # noqa: BLE001 - any error of a starting server
                print(f"waiting: {error}")
                await asyncio.sleep(0.5)
    await asyncio.sleep(5)  # for the panel to draw the icon, and the tray to fetch the usage
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = environment["DBUS_SESSION_BUS_ADDRESS"]


def find_icon(environment: dict[str, str]) -> tuple[str, str]:
    """Return the position of a pixel in the bubble's colour."""
    shot = Path(environment["HOME"]) / "panel.png"
    crop = ("-crop", f"1280x{PANEL}+0+0", "+repage")
    run(environment, "import", "-window", "root", *crop, str(shot))
    from PIL import Image

    with Image.open(shot) as picture:
        pixels = picture.convert("RGB").load()
        assert pixels is not None
        matches = [
            (x, y)
            for x in range(picture.width)
            for y in range(picture.height)
            if pixels[x, y] == (217, 119, 87)
        ]
    assert matches, "the panel shows no icon"
    x, y = matches[len(matches) // 2]
    return str(x), str(y)


def _open_submenu(environment: dict[str, str], icon: tuple[str, str], label: str) -> None:
    """Move the pointer to the entry's row in the open menu; separators are thin."""
    labels = asyncio.run(_fetch_labels(environment["DBUS_SESSION_BUS_ADDRESS"]))
    above = labels[: labels.index(next(text for text in labels if text.startswith(label)))]
    down = sum(ROW if text else 2 for text in above) + ROW // 2
    x = str(int(icon[0]) - 60)
    run(environment, "xdotool", "mousemove", x, str(PANEL + down))
    time.sleep(1.5)


async def _fetch_labels(bus_address: str) -> list[str]:
    """Return the labels of the menu from the top; empty for separators."""
    bus = await MessageBus(bus_address=bus_address).connect()
    names = await _call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "ListNames", "", [])
    assert isinstance(names[0], list)
    for name in names[0]:
        if not name.startswith(":") or name == bus.unique_name:
            continue
        body: list[object] = [0, 1, []]
        reply = []
        with suppress(TimeoutError):  # other programs on the bus may not reply
            async with asyncio.timeout(1):
                reply = await _call(bus, name, "/MenuBar", "GetLayout", "iias", body)
        if reply:
            bus.disconnect()
            layout: Any = reply[1]
            children = [child.value[1] for child in layout[2]]
            shown = [c for c in children if "visible" not in c or c["visible"].value]
            return [c["label"].value if "label" in c else "" for c in shown]
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


def _take_picture(environment: dict[str, str], path: Path) -> None:
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
