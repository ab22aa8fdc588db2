"""The last request of each program, and what it proves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.connect.proofs import ProofStore
from bridge.server.request_record import Asked, Caller, RequestRecord
from bridge.server.sightings import Sightings


def note(
    sightings: Sightings,
    outcome: str,
    *,
    failed: bool = False,
    version: str = "1.0",
    at: float = 1.0,
    model: str = "default",
) -> bool:
    record = RequestRecord(
        caller=Caller("codex_exec"), asked=Asked(model, True, 9), model="claude-x",
        outcome=outcome, failed=failed,
    )  # fmt: skip
    sightings.note("codex", record, at, version)
    sighting = sightings.get("codex")
    assert sighting is not None
    return sighting.tool_calls


def test_tools_work_when_a_request_after_the_call_is_answered() -> None:
    sightings = Sightings()
    assert not note(sightings, "end_turn")
    assert not note(sightings, "tool_use")
    assert not note(sightings, "rate_limited", failed=True)
    assert note(sightings, "end_turn")
    assert note(sightings, "stop")


@pytest.mark.parametrize(
    ("change", "is_stored"),
    [
        ({}, False),
        ({"failed": True, "outcome": "rate_limited"}, False),
        ({"at": 4000.0}, True),
        ({"version": "1.1"}, True),
        ({"model": "opus"}, True),
    ],
)
async def test_a_proof_is_stored_when_it_says_something_new(
    change: dict[str, object], is_stored: bool, tmp_path: Path
) -> None:
    sightings = Sightings()
    note(sightings, "stop")
    assert sightings.changed.is_set()
    await sightings.save(ProofStore(tmp_path / "proofs.json"))
    note(sightings, **{"outcome": "stop", **change})  # type: ignore[arg-type]
    assert sightings.changed.is_set() == is_stored


async def test_a_proof_that_could_not_be_stored_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "proofs.json"
    path.mkdir()
    sightings, store = Sightings(), ProofStore(path)
    for _ in range(3):
        note(sightings, "stop")
        await sightings.save(store)
    assert caplog.text.count("are not stored") == 1
    path.rmdir()
    note(sightings, "stop")
    await sightings.save(store)
    assert list(await asyncio.to_thread(store.read)) == ["codex"]


async def test_a_proof_that_could_not_be_stored_is_stored_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "proofs.json"
    path.mkdir()
    sightings, store = Sightings(), ProofStore(path)
    note(sightings, "stop")
    await sightings.save(store)
    path.rmdir()
    # The server ends without a further proof.
    await sightings.save(store)
    assert list(await asyncio.to_thread(store.read)) == ["codex"]


def test_another_version_proves_nothing_about_tools() -> None:
    sightings = Sightings()
    note(sightings, "tool_use")
    assert note(sightings, "stop")
    # It called a tool before, so its own next answer proves it again.
    sightings.forget("codex")
    assert not note(sightings, "stop", version="1.1")


def test_a_model_of_any_text_is_shortened_and_printable() -> None:
    sightings = Sightings()
    note(sightings, "stop", model="a\x1b[2J\n" + "b" * 100_000)
    sighting = sightings.get("codex")
    assert sighting is not None
    assert sighting.asked.startswith("a?[2J?b")
    assert len(sighting.asked) == 200
