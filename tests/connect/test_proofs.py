"""Proofs on disk: whole, only for known programs, and never a reason to fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.connect.proofs import ProofStore
from bridge.errors import SettingsError
from bridge.wire.connect import Sighting

PROOF = Sighting(
    at=1.5, asked="default", answered="claude-x", stream=True, tools=3, tool_calls=True,
    outcome="stop", failed=False, requests=7, version="0.171.0",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> ProofStore:
    return ProofStore(tmp_path / "proofs.json")


def test_proofs_are_read_as_they_were_written(store: ProofStore, tmp_path: Path) -> None:
    assert store.read() == {}
    store.write({"codex": PROOF, "no-such-program": PROOF})
    (proof,) = store.read().values()
    assert (proof.version, proof.tool_calls, proof.requests) == ("0.171.0", True, 0)
    store.forget("codex")
    assert store.read() == {}
    store.write({})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"at": "now"},
        {"at": float("nan")},
        {"at": 1e300},
        {"asked": 1},
        {"asked": "a" * 201},
        {"failed": "no"},
        {"requests": True},
        {"other": 1},
    ],
)
def test_a_damaged_file_is_named(store: ProofStore, tmp_path: Path, change: Any) -> None:
    store.write({"codex": PROOF})
    path = tmp_path / "proofs.json"
    fields = json.loads(path.read_text())
    fields["codex"] |= change
    path.write_text(json.dumps(fields))
    with pytest.raises(SettingsError, match=r"proofs\.json: it is damaged"):
        store.read()


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"codex": 1}'])
def test_anything_else_is_damaged_too(store: ProofStore, tmp_path: Path, text: str) -> None:
    (tmp_path / "proofs.json").write_text(text)
    with pytest.raises(SettingsError):
        store.read()
