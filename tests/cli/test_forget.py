"""`claude-bridge forget`, while the bridge runs, without it, and after a kill."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from openai import NotFoundError, OpenAI

from bridge.cli.main import main
from bridge.store.response_table import StoredResponse
from bridge.store.responses import ResponseStore
from tests.cli.test_main import Served, run

MARK = "Swordfish7391"


def find_marks(home: Path) -> list[str]:
    files = (file for file in home.rglob("*") if file.is_file())
    return [file.name for file in files if MARK.encode() in file.read_bytes()]


def fill(home: Path) -> None:
    """Write three responses to a home without a server."""

    async def write() -> None:
        store = ResponseStore(home / "data" / "responses.sqlite3", 30)
        for number in range(3):
            body: dict[str, Any] = {"id": f"resp_{number}", "output": [], "instructions": MARK}
            assert await store.put(StoredResponse(body, (), None), on_disk=True) is None
        await store.close()

    asyncio.run(write())


def test_without_a_bridge_the_files_are_cleaned(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(home)
    assert main(["forget", "--port", "9", "--id", "resp_1"]) == 0
    assert "(no bridge is running, so from disk only): 1 response." in capsys.readouterr().out
    assert main(["forget", "--port", "9", "--older-than", "12h"]) == 0
    assert "only): nothing." in capsys.readouterr().out
    assert find_marks(home) == ["responses.sqlite3"]
    assert main(["forget", "--port", "9", "--all"]) == 0
    assert "only): 2 responses." in capsys.readouterr().out
    assert find_marks(home) == []


def test_an_unknown_id_is_reported(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(home)
    assert main(["forget", "--port", "9", "--id", "resp_9"]) == 1
    assert "Nothing is stored under resp_9." in capsys.readouterr().err


def test_an_id_that_may_be_in_a_damaged_file_is_reported(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(home)
    file = home / "data" / "responses.sqlite3"
    file.write_bytes(b"not a database" * 200 + MARK.encode())
    assert main(["forget", "--port", "9", "--id", "resp_1"]) == 1
    assert "`--all` deletes them" in capsys.readouterr().err
    assert main(["forget", "--port", "9", "--all"]) == 0
    assert "1 damaged file" in capsys.readouterr().out
    assert find_marks(home) == []


@pytest.mark.parametrize(
    "words",
    [[], ["--all", "--id", "resp_1"], ["--older-than", "soon"], ["--older-than", "-3d"]],
)
def test_a_wrong_choice_is_a_usage_error(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["forget", *words])
    assert caught.value.code == 2


def test_usage_records_are_deleted_with_everything_only(home: Path) -> None:
    assert main(["forget", "--port", "9", "--id", "resp_1", "--usage"]) == 2


def test_a_running_bridge_forgets_and_a_killed_one_leaves_no_trace(home: Path) -> None:
    server = Served("serve", "--port", "0", "--backend", "offline")
    client = OpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=0)
    stored, remembered = (
        client.responses.create(model="bridge-echo", input=MARK, store=store)
        for store in (True, None)
    )
    assert (stored.to_dict()["store"], remembered.to_dict()["store"]) == (True, False)
    # Killed: what was acknowledged is on disk, and the other was only in memory.
    server.kill()
    server = Served("serve", "--port", server.port, "--backend", "offline")
    try:
        assert client.responses.retrieve(stored.id).to_dict() == stored.to_dict()
        with pytest.raises(NotFoundError, match="in memory only, until the bridge restarts"):
            client.responses.retrieve(remembered.id)
        result = run("forget", "--port", server.port, "--all")
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("Deleted: 1 response")
        assert find_marks(home) == []
        with pytest.raises(NotFoundError):
            client.responses.retrieve(stored.id)
    finally:
        client.close()
        server.end(signal.SIGTERM)
    assert find_marks(home) == []
