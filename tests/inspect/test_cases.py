"""Recorded requests as tests: each file in `cases` is played, and must be translated as it was."""

from __future__ import annotations

import asyncio
import functools
import json
from pathlib import Path

import pytest

from tests.conftest import StartBridge
from tests.embeddings.small_model import write_model
from tests.fake_anthropic.server import FakeAnthropic
from tests.inspect.play import play_case

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_a_recorded_request_is_translated_as_it_was(
    start_anthropic: StartBridge, fake: FakeAnthropic, tmp_path: Path, path: Path
) -> None:
    case, start = json.loads(path.read_text("utf-8")), start_anthropic
    if any(step["path"] == "/v1/embeddings" for step in case["steps"]):
        model = await asyncio.to_thread(write_model, tmp_path / "model")
        start = functools.partial(start, embedding_model=str(model))
    await play_case(start, fake, case)
