"""Why Claude Code is not asked for token counts: its `get_context_usage` is not exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.backends.claude_code.real_cli import (
    ADD,
    MODEL,
    TOKEN,
    build_settings,
    build_user,
    run_cli,
)
from tests.fake_anthropic.oddities import ERROR
from tests.fake_anthropic.script import RawHttp
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_anthropic.tokens import count_tokens

TURN: Any = {"role": "user", "content": [{"type": "text", "text": "How many are these?"}]}
REFUSED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n%s" % (len(ERROR), ERROR)


async def get_total(home: Path, fake: FakeAnthropic) -> int:
    """Return what Claude Code says of a prompt with a system prompt, a tool and one turn."""
    environ = {"ANTHROPIC_BASE_URL": fake.url, "CLAUDE_CODE_OAUTH_TOKEN": TOKEN}
    async with run_cli(home, environ) as cli:
        settings = build_settings(MODEL, tools=[ADD])
        await cli.ask("s", subtype="apply_flag_settings", settings=settings)
        await cli.ask("i", subtype="initialize", systemPrompt=["Be brief."])
        await cli.send(build_user(*TURN["content"], client_composed=True, shouldQuery=False))
        await cli.wait_for_result()
        usage = await cli.ask("u", subtype="get_context_usage", detail="full")
        return int(usage["response"]["totalTokens"])


async def test_it_has_upstream_count_some_parts_only(tmp_path: Path, fake: FakeAnthropic) -> None:
    body = {"system": [{"text": "Be brief."}], "tools": [ADD], "messages": [TURN]}
    assert await get_total(tmp_path, fake) < count_tokens(body), "the tool is not counted"
    counted = fake.bodies("/v1/messages/count_tokens")
    assert [TURN] in [body["messages"] for body in counted]
    # The system prompt is counted as if the user had written it.
    assert [{"role": "user", "content": "Be brief."}] in [body["messages"] for body in counted]
    assert [(body["tools"], body.get("system")) for body in counted] == [([], None)] * len(counted)


async def test_it_estimates_without_saying_so_where_upstream_does_not_count(
    tmp_path: Path, fake: FakeAnthropic
) -> None:
    fake.everywhere = RawHttp(REFUSED)
    assert await get_total(tmp_path, fake) > 0
