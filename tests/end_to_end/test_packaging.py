"""The packaged program is built here, and runs without Python."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from tests.end_to_end.tray import ask, free_port, shows
from tests.tray_host.host import TrayHost

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the fake panel is Linux's"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built program. Takes a minute and half a gigabyte, because it contains Claude Code."""
    if importlib.util.find_spec("PyInstaller") is None:
        assert not os.environ.get("CLAUDE_BRIDGE_TESTS_NO_SKIP"), "PyInstaller is not installed"
        pytest.skip("PyInstaller is not installed (extra `packaging`)")
    folder = tmp_path_factory.mktemp("packaging")
    places = ("--workpath", str(folder / "build"), "--distpath", str(folder))
    spec = str(ROOT / "packaging" / "claude-bridge.spec")
    result = subprocess.run(
        [sys.executable, "-m", "PyInstaller", "-y", "--log-level", "WARN", *places, spec],
        capture_output=True,
        text=True,
        timeout=480,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return folder / "claude-bridge" / "claude-bridge"


def environment_without_python(**more: str) -> dict[str, str]:
    """Return an environment in which no installed Python is found."""
    names = ("HOME", "CLAUDE_BRIDGE_HOME", "PYTHON_KEYRING_BACKEND", "XDG_CONFIG_HOME")
    return {**{name: os.environ[name] for name in names}, "PATH": "/nowhere", **more}


async def embed(base_url: str) -> tuple[int, str]:
    """Return the length of a vector, and the model that made it."""
    async with AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
        answer = await client.embeddings.create(model="wordllama-l2-supercat-256", input="Hi")
    return len(answer.data[0].embedding), answer.model


async def test_the_packaged_tray_starts_a_server_that_answers(
    program: Path, panel: TrayHost, session_bus: str, x_display: str
) -> None:
    port = free_port()
    with subprocess.Popen(
        [program, "--port", str(port), "--backend", "offline"],
        env=environment_without_python(DBUS_SESSION_BUS_ADDRESS=session_bus, DISPLAY=x_display),
        stderr=subprocess.DEVNULL,
    ) as tray:
        try:
            await shows(panel, f"Ready on http://127.0.0.1:{port} · offline echo", 60)
            answer = await ask(f"http://127.0.0.1:{port}", "default", text="Hi")
            assert answer.startswith("[bridge-echo, not Claude]")
            assert await embed(f"http://127.0.0.1:{port}/v1") == (256, "wordllama-l2-supercat-256")
            await panel.click("Quit")
            assert tray.wait(20) == 0
        finally:
            tray.kill()


def test_the_packaged_commands_work_and_contain_claude_code(program: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *words],
            env=environment_without_python(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert run("--version").stdout.startswith("claude-bridge ")
    assert run("autostart", "on").returncode == 0
    entry = Path(os.environ["XDG_CONFIG_HOME"]) / "autostart" / "claude-bridge.desktop"
    assert f"Exec={program} tray\n" in entry.read_text()
    assert run("key", "list").stdout.startswith("No saved keys.")
    found = list(program.parent.rglob("claude_agent_sdk/_bundled/claude"))
    assert len(found) == 1
    assert os.access(found[0], os.X_OK)
