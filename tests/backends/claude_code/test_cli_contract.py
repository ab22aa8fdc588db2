"""What the bridge relies on in Claude Code: a version that lacks a part fails by its name.

The program is the real one of the installed claude-agent-sdk, its upstream the strict fake.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.backends.claude_code.command import FLAGS, build_environment
from bridge.backends.claude_code.errors import FailureTranslator
from bridge.backends.claude_code.sign_in.renewal import is_renewing
from bridge.errors import (
    AccountRefused,
    BillingFailed,
    BridgeError,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotSignedIn,
    Overloaded,
    RateLimited,
    RequestTooLarge,
    StreamBroken,
    UpstreamFailed,
    UpstreamUnreachable,
)
from tests.backends.claude_code.real_cli import (
    ADD,
    BODY,
    MODEL,
    TOKEN,
    Frame,
    Recording,
    build_settings,
    build_user,
    get_cli,
    record_conversation,
    run_cli,
)
from tests.backends.claude_code.token_server import run_token_server
from tests.backends.upstream import without_own
from tests.fake_anthropic.oddities import ERROR
from tests.fake_anthropic.script import (
    CutOff,
    Drop,
    Failure,
    Malformed,
    Play,
    RawHttp,
    Reply,
    Text,
    overloaded,
    says,
    too_long,
)
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_anthropic.tokens import count_tokens

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a home folder of POSIX")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """One conversation, for all that a single one shows."""
    return asyncio.run(record_conversation(tmp_path_factory.mktemp("home")))


PARTS: Mapping[str, Callable[[Recording], bool]] = {
    # The control protocol.
    "apply_flag_settings": lambda seen: seen.settings["subtype"] == "success",
    "apply_flag_settings model": lambda seen: seen.body["model"] == MODEL,
    "CLAUDE_CODE_EXTRA_BODY": lambda seen: {**seen.body, **BODY} == seen.body,
    "initialize": lambda seen: seen.initialized["subtype"] == "success",
    "initialize systemPrompt": lambda seen: (
        without_own(seen.body)["system"] == [{"type": "text", "text": "Be brief."}]
    ),
    "claude_code_version": lambda seen: (
        re.match(r"\d+\.\d+\.\d+", seen.response["claude_code_version"]) is not None
    ),
    "models": lambda seen: len(seen.response["models"]) > 0,
    "resolvedModel": lambda seen: all(
        model["resolvedModel"].startswith("claude-") for model in seen.response["models"]
    ),
    "description": lambda seen: all(
        " · " in model["description"] for model in seen.response["models"]
    ),
    "supportedEffortLevels": lambda seen: all(
        "high" in model["supportedEffortLevels"] for model in seen.response["models"]
    ),
    # The conversation.
    "shouldQuery": lambda seen: seen.asked_early == 0,
    "result": lambda seen: seen.confirmed["is_error"] is False,
    "client_composed": lambda seen: (
        without_own(seen.body)["messages"][-1]["content"] == seen.sent[-1]["content"]
    ),
    "history": lambda seen: (
        [message["content"] for message in without_own(seen.body)["messages"]]
        == [message["content"] for message in seen.sent]
    ),
    # The answer.
    "stream_event": lambda seen: (
        [frame["event"]["type"] for frame in seen.events]
        == ["message_start", "content_block_start"]
        + ["content_block_delta"] * (len(seen.events) - 5)
        + ["content_block_stop", "message_delta", "message_stop"]
    ),
    "stream_event parent_tool_use_id": lambda seen: all(
        frame["parent_tool_use_id"] is None for frame in seen.events
    ),
    "rate_limit_event": lambda seen: any(
        "status" in frame["rate_limit_info"]
        for frame in seen.frames
        if frame["type"] == "rate_limit_event"
    ),
    # Files that the bridge removes.
    "CLAUDE_CODE_TMPDIR": lambda seen: any(
        name.startswith("temporary/claude-") for name in seen.files
    ),
    "sessions/PID.json": lambda seen: f".claude/sessions/{seen.pid}.json" in seen.files,
    # Flags and switches that keep out what the user has.
    "--tools=": lambda seen: all(
        frame["tools"] == [] for frame in seen.frames if frame.get("subtype") == "init"
    ),
    "--setting-sources=": lambda seen: not seen.has_sent("x-of-the-user"),
    "--disable-slash-commands": lambda seen: seen.response["commands"] == [],
    "--no-session-persistence": lambda seen: (
        not any(name.startswith(".claude/projects") for name in seen.files)
    ),
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS": lambda seen: not seen.has_sent("NOTES OF THE USER"),
    "CLAUDE_CODE_DISABLE_FILE_MENTIONS": lambda seen: not seen.has_sent("A SECRET"),
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": lambda seen: not seen.has_sent("@-mentioned"),
    # Switches that keep out what Claude Code would do by itself.
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": lambda seen: (
        seen.connections == [] and len(seen.requests) == 2
    ),
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": lambda seen: (
        not seen.has_sent("context_management") and not seen.has_sent("per-turn-control")
    ),
    "CLAUDE_CODE_ENTRYPOINT": lambda seen: seen.has_sent("cc_entrypoint=sdk-py"),
    "CLAUDE_CODE_OAUTH_TOKEN": lambda seen: (
        seen.requests[0][0]["authorization"] == f"Bearer {TOKEN}"
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_a_conversation_is_there(seen: Recording, name: str) -> None:
    assert PARTS[name](seen), f"{name} is missing from {seen.response['claude_code_version']}"


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_is_accepted(flag: str, tmp_path: Path) -> None:
    """The first flag that Claude Code does not know ends it."""
    ended = subprocess.run(
        [get_cli(), flag, "--no-such-flag"],
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.stderr.strip() == "error: unknown option '--no-such-flag'"


# --- requests that upstream refuses, or that end early


@dataclass
class Turn:
    """One turn without a history."""

    frames: list[Frame]
    streamed: list[bool]
    """For each request upstream, whether it asked for a stream."""

    @property
    def report(self) -> Frame:
        """The frame that reports the failure."""
        return next(frame for frame in self.frames if frame.get("is_api_error_message"))


async def run_turn(
    home: Path, play: Play, text: str = "Hi", model: str = MODEL, **environ: str
) -> Turn:
    async with FakeAnthropic(default=play) as fake:
        given = {"ANTHROPIC_BASE_URL": fake.url, "CLAUDE_CODE_OAUTH_TOKEN": TOKEN, **environ}
        async with run_cli(home, given) as cli:
            settings = build_settings(model, **BODY)
            await cli.ask("s", subtype="apply_flag_settings", settings=settings)
            await cli.ask("i", subtype="initialize", systemPrompt=[])
            await cli.send(build_user({"type": "text", "text": text}, client_composed=True))
            await cli.wait_for_result()
        return Turn(cli.frames, [request.body["stream"] for request in fake.requests])


def translate(frames: list[Frame]) -> BridgeError:
    """Return the bridge's own error for the failure in these frames."""
    failures = FailureTranslator()
    with pytest.raises(BridgeError) as caught:
        for frame in frames:
            if frame["type"] == "rate_limit_event":
                failures.note_rate_limit(frame["rate_limit_info"])
            if frame["type"] == "assistant":
                failures.check_assistant(frame)
    return caught.value


RESET = int(time.time()) + 3600
LIMITS = {
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-reset": str(RESET),
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
}
NO_CREDIT = "Your credit balance is too low to access the Anthropic API."
NO_OAUTH = "OAuth authentication is currently not allowed for this organization."
FAILURES: Mapping[str, tuple[Play, int, type[BridgeError]]] = {
    "authentication_failed": (Failure(401), 401, NotSignedIn),
    "oauth_org_not_allowed": (Failure(403, message=NO_OAUTH), 403, AccountRefused),
    "billing_error": (Failure(400, message=NO_CREDIT), 400, BillingFailed),
    "rate_limit": (Failure(429, headers=LIMITS), 429, RateLimited),
    "invalid_request": (Failure(413), 413, RequestTooLarge),
    "model_not_found": (Failure(404), 404, ModelNotFound),
    "server_error": (overloaded(), 529, Overloaded),
    "unknown": (Failure(400, message="messages.0: no good"), 400, InvalidRequest),
}


@pytest.mark.parametrize("word", FAILURES)
async def test_an_error_word_is_there(tmp_path: Path, word: str) -> None:
    play, status, kind = FAILURES[word]
    turn = await run_turn(tmp_path, play)
    assert (turn.report["error"], turn.report["api_error_status"]) == (word, status)
    assert turn.report["message"]["content"][0]["text"]
    error = translate(turn.frames)
    assert type(error) is kind
    assert "gateway" not in error.message, "Claude Code's advice about ANTHROPIC_BASE_URL"


CUT: Mapping[str, tuple[Play, type[BridgeError]]] = {
    "Prompt is too long": (too_long(), ContextTooLong),
    "Connection to the API was lost": (Reply((Text("a b c"),), fault=Drop(2)), StreamBroken),
    "StreamTruncated": (Reply((Text("a b c"),), fault=CutOff(2)), StreamBroken),
    "JSON Parse error": (Reply((Text("a b c"),), fault=Malformed(2)), StreamBroken),
    "API Error: 402 ": (Failure(402, message="Pay."), BillingFailed),
    "If it persists, check your inference gateway (": (Failure(500), UpstreamFailed),
}


@pytest.mark.parametrize("words", CUT)
async def test_words_of_a_failure_are_there(tmp_path: Path, words: str) -> None:
    play, kind = CUT[words]
    turn = await run_turn(tmp_path, play)
    assert words in turn.report["message"]["content"][0]["text"]
    assert type(translate(turn.frames)) is kind


async def test_the_word_that_nothing_listens_is_there(tmp_path: Path) -> None:
    turn = await run_turn(tmp_path, says("Hi"), ANTHROPIC_BASE_URL="http://127.0.0.1:9")
    assert type(translate(turn.frames)) is UpstreamUnreachable


async def test_the_word_that_nobody_is_signed_in_is_there(tmp_path: Path) -> None:
    turn = await run_turn(tmp_path, says("Hi"), CLAUDE_CODE_OAUTH_TOKEN="")
    assert "api_error_status" not in turn.report
    assert type(translate(turn.frames)) is NotSignedIn


async def test_api_retry_is_there(tmp_path: Path) -> None:
    """It comes before a refused sign-in is renewed; the bridge must know it by its status."""
    turn = await run_turn(tmp_path, Failure(401))
    retries = [frame for frame in turn.frames if frame.get("subtype") == "api_retry"]
    assert [frame["error_status"] for frame in retries][:1] == [401]
    assert retries[0]["error"] == "authentication_failed"


async def test_the_end_of_a_limit_is_there(tmp_path: Path) -> None:
    turn = await run_turn(tmp_path, Failure(429, headers=LIMITS))
    info = next(f["rate_limit_info"] for f in turn.frames if f["type"] == "rate_limit_event")
    assert (info["status"], info["resetsAt"]) == ("rejected", RESET)
    assert int(translate(turn.frames).headers["retry-after"]) > 0


ONE_REQUEST: Mapping[str, tuple[Play, str, str]] = {
    "CLAUDE_CODE_MAX_RETRIES": (overloaded(), "Hi", MODEL),
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": (
        Reply((Text("a b c"),), fault=Drop(2)),
        "Hi",
        MODEL,
    ),
    # By itself it sends no prompt to this model that is longer than 712,000 characters.
    "CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE": (says("Hi"), "word " * 150_000, "claude-haiku-4-5"),
}


@pytest.mark.parametrize("name", ONE_REQUEST)
async def test_a_part_that_makes_it_ask_once_is_there(tmp_path: Path, name: str) -> None:
    turn = await run_turn(tmp_path, *ONE_REQUEST[name])
    assert turn.streamed == [True]


async def test_the_file_that_tells_of_a_renewal_is_there(tmp_path: Path) -> None:
    """`.oauth_refresh.lock.owner`, with the process that renews the sign-in."""
    async with run_token_server(tmp_path) as tokens, FakeAnthropic() as fake:
        tokens.sign_in(expires_in=3600)
        tokens.seconds = 0.3
        fake.refused_tokens = {tokens.access}
        environ = {"ANTHROPIC_BASE_URL": fake.url, **tokens.environ}
        async with run_cli(tmp_path, environ) as cli:
            await cli.ask("i", subtype="initialize")
            await cli.send(build_user({"type": "text", "text": "Hi"}, client_composed=True))
            await asyncio.wait_for(tokens.started.wait(), 20)
            assert await asyncio.to_thread(is_renewing, tokens.config, cli.process.pid)
            await cli.wait_for_result()
            assert not await asyncio.to_thread(is_renewing, tokens.config, cli.process.pid)
        assert (tokens.renewals, tokens.is_signed_in) == (1, True)


async def test_a_sign_in_prints_the_address_of_its_page(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(await asyncio.to_thread(get_cli), "auth", "login"),
        env={"PATH": "/nowhere", "HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        page = await process.stdout.readuntil(b"https://claude.ai/oauth/authorize?")
        assert page
        output, _ = await process.communicate(b"a code#of nobody\n")
    assert b"> " in output, "the bridge shows what is behind the prompt"
    assert process.returncode == 1


UNSEEN = {
    # How it is started shows in all of the above.
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    # They matter with tools, a second turn, a terminal or a network only.
    "--strict-mcp-config",
    "--permission-mode=dontAsk",
    "DISABLE_AUTOUPDATER",
    "DISABLE_AUTO_COMPACT",
    "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS",
    "CLAUDE_CODE_DISABLE_FILE_CHECKPOINTING",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE",
    "ENABLE_TOOL_SEARCH",
    # They show in tool loops; see `continued.test_tool_loops`.
    "--allowedTools=mcp__client",
    "CLAUDE_AGENT_SDK_MCP_NO_PREFIX",
    "MCP_TOOL_TIMEOUT",
    "MAX_MCP_OUTPUT_TOKENS",
}
"""Flags and switches whose effect cannot be seen here."""


def test_each_flag_and_switch_is_tested_or_cannot_be_seen() -> None:
    names = {*FLAGS, *build_environment({}, Path("temporary"))}
    assert names - {*PARTS} - {*ONE_REQUEST} == UNSEEN


# --- why it is not asked for token counts: they are not exact

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
