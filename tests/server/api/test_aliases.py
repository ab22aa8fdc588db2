"""The user's own names, changed while the server runs."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from bridge.compose import make_bridge
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from tests.conftest import StartBridge

PATH = "/control/model-aliases"


@pytest.fixture
async def bridge(start_anthropic: StartBridge) -> Bridge:
    return await start_anthropic(model_aliases={"fast": "haiku"})


async def call(bridge: Bridge, method: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Bearer {bridge.control_token}", **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, bridge.url + PATH, json=body, headers=sent) as answer,
    ):
        return answer.status, await answer.json()


async def save(bridge: Bridge, name: str, model: str) -> tuple[int, Any]:
    return await call(bridge, "POST", {"name": name, "model": model})


async def remove(bridge: Bridge, name: str) -> tuple[int, Any]:
    return await call(bridge, "POST", {"name": name, "model": None})


async def list_ids(client: AsyncOpenAI) -> list[str]:
    return [model.id async for model in client.models.list()]


async def ask(client: AsyncOpenAI, model: str) -> str:
    messages: Any = [{"role": "user", "content": "Hi"}]
    return (await client.chat.completions.create(model=model, messages=messages)).model


async def test_a_saved_name_applies_at_once_and_after_a_restart(
    bridge: Bridge, client: AsyncOpenAI, home: Path
) -> None:
    status, body = await save(bridge, " GPT-4o ", "opus")
    assert status == 200
    assert body["aliases"][1] == {
        "name": "gpt-4o",
        "model": "opus",
        "answers": "claude-opus-5-5",
        "problem": None,
        "saved": True,
        "setting": None,
    }
    assert await ask(client, "openai/gpt-4o") == "claude-opus-5-5"
    assert (await list_ids(client))[:3] == ["default", "fast", "gpt-4o"]
    assert (await client.models.retrieve("gpt-4o")).id == "gpt-4o"
    file = home / "data" / "model-aliases.json"
    assert stat.S_IMODE((await asyncio.to_thread(file.stat)).st_mode) == 0o600
    again = await asyncio.to_thread(make_bridge, load_settings(port=0), find_paths())
    assert again.resolve("gpt-4o", Caller()).model == "claude-opus-5-5"


async def test_a_saved_name_is_changed_and_removed(bridge: Bridge, client: AsyncOpenAI) -> None:
    await save(bridge, "quick", "haiku")
    await save(bridge, "QUICK", "sonnet")
    assert await ask(client, "quick") == "claude-sonnet-5-5"
    status, body = await remove(bridge, "Quick")
    assert (status, [alias["name"] for alias in body["aliases"]]) == (200, ["fast"])
    assert "quick" not in await list_ids(client)
    status, body = await remove(bridge, "quick")
    assert (status, body["error"]["code"]) == (404, "not_found")


async def test_a_saved_name_wins_over_the_setting_until_it_is_removed(
    bridge: Bridge, client: AsyncOpenAI
) -> None:
    status, body = await remove(bridge, "fast")
    assert (status, body["error"]["message"]) == (
        400,
        "`fast` is in the setting `model_aliases`: remove it there.",
    )
    _, body = await save(bridge, "fast", "opus")
    assert (body["aliases"][0]["saved"], body["aliases"][0]["setting"]) == (True, "haiku")
    assert await ask(client, "fast") == "claude-opus-5-5"
    _, body = await remove(bridge, "fast")
    assert body["aliases"][0]["model"] == "haiku"
    assert await ask(client, "fast") == "claude-haiku-5-5"


@pytest.mark.parametrize(
    ("name", "model", "param", "words"),
    [
        ("", "opus", "name", "A name and its model must not be empty."),
        (" ", "opus", "name", "A name and its model must not be empty."),
        ("a", "\t", "model", "A name and its model must not be empty."),
        ("a" * 201, "opus", "name", "A name must not be longer than 200 characters."),
        ("a", "o" * 201, "name", "A name must not be longer than 200 characters."),
        ("a\nb", "opus", "name", "A name must be one line without control characters."),
        ("Opus", "opus", "name", "`Opus` must not stand for itself."),
        ("a", "fast", "model", "`fast` is a name of your own. Enter the model that it stands for"),
        ("a", "FAST:latest", "model", "`FAST:latest` is a name of your own."),
        ("Default", "opus", "name", "`default` is the active model: change the setting `model`"),
        ("a+computer", "opus", "name", "A name must not end in `+computer`"),
    ],
)
async def test_a_wrong_name_is_refused_with_the_reason(
    bridge: Bridge, name: str, model: str, param: str, words: str
) -> None:
    status, body = await save(bridge, name, model)
    assert (status, body["error"]["param"]) == (400, param)
    assert body["error"]["message"].startswith(words)
    assert bridge.aliases.saved == {}


async def test_a_body_without_a_model_removes_nothing(bridge: Bridge) -> None:
    await save(bridge, "quick", "haiku")
    status, body = await call(bridge, "POST", {"name": "quick"})
    assert (status, body["error"]["param"]) == (400, "model")
    assert "quick" in bridge.aliases.saved


async def test_a_model_that_nobody_knows_is_saved_with_the_problem(bridge: Bridge) -> None:
    """As in the setting: another backend, or a later list, may have it."""
    status, body = await save(bridge, "later", "claude-opus-9")
    assert (status, body["aliases"][1]["answers"]) == (200, None)
    assert "The model `claude-opus-9` does not exist." in body["aliases"][1]["problem"]


async def test_two_names_may_swap_two_models(bridge: Bridge, client: AsyncOpenAI) -> None:
    await save(bridge, "claude-opus-5-5", "claude-haiku-5-5")
    status, _ = await save(bridge, "claude-haiku-5-5", "claude-opus-5-5")
    assert status == 200
    assert await ask(client, "claude-opus-5-5") == "claude-haiku-5-5"
    assert await ask(client, "claude-haiku-5-5") == "claude-opus-5-5"


async def test_names_that_are_spelled_like_default_leave_it_alone(
    bridge: Bridge, client: AsyncOpenAI
) -> None:
    for name in ("default:latest", "-", "x/default"):
        await save(bridge, name, "opus")
    assert await ask(client, "default") == await ask(client, "DEFAULT") == "claude-sonnet-5-5"
    assert await ask(client, "") == "claude-sonnet-5-5"


async def test_default_follows_the_name_that_it_was_chosen_by(
    bridge: Bridge, client: AsyncOpenAI
) -> None:
    bridge.choose_model("fast")
    await save(bridge, "fast", "opus")
    assert await ask(client, "default") == "claude-opus-5-5"
    await remove(bridge, "fast")
    assert await ask(client, "default") == "claude-haiku-5-5"
    await save(bridge, "quick", "opus")
    bridge.choose_model("quick")
    await remove(bridge, "quick")
    assert await ask(client, "default") == "claude-opus-5-5", "nothing else was chosen"


@pytest.fixture
def saved_names(home: Path) -> Path:
    file = home / "data" / "model-aliases.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"mine": "opus"}')
    return file


@pytest.mark.usefixtures("saved_names")
async def test_a_name_that_the_setting_model_needs_is_not_removed(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline", model="mine")
    for status, body in (await remove(bridge, "mine"), await save(bridge, "mine", "nobody")):
        assert status == 400
        assert "The setting `model` is `mine`" in body["error"]["message"]
    assert (await save(bridge, "mine", "haiku"))[0] == 200


async def test_a_name_that_cannot_be_saved_is_not_in_use(bridge: Bridge) -> None:
    await asyncio.to_thread((find_paths().data / "model-aliases.json").mkdir)
    status, body = await save(bridge, "quick", "haiku")
    assert (status, body["error"]["code"]) == (503, "storage_unavailable")
    assert body["error"]["message"].startswith("The name is not saved: cannot write ")
    assert "quick" not in bridge.aliases.names


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_names_need_the_control_token(bridge: Bridge, method: str) -> None:
    body = {"name": "quick", "model": "haiku"} if method == "POST" else None
    status, answer = await call(bridge, method, body, Authorization="Bearer wrong")
    assert (status, answer["error"]["code"]) == (403, "forbidden")
    foreign = {"Origin": "https://evil.example"}
    assert (await call(bridge, method, body, **foreign))[0] == 403
    assert bridge.aliases.saved == {}


def test_a_damaged_file_is_no_reason_not_to_start(saved_names: Path) -> None:
    for text in ("[", "[]", '{"default": "opus"}', '{"a": 5}', '{"a": "b"'):
        saved_names.write_text(text)
        bridge = make_bridge(load_settings(port=0), find_paths())
        assert bridge.aliases.saved == {}
