"""The last request of each program that worked, on disk, so that a restart does not lose it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bridge.connect.programs.table import find_row
from bridge.errors import SettingsError
from bridge.private_files import make_private_folder, read_private, remove_file, write_private
from bridge.wire.connect import Sighting

_LONGEST = 200
"""In characters: a program can send any model."""
_LATEST = 1e11
"""In Unix seconds: a later time has no date."""


class ProofStore:
    """A 0600 JSON file with one proof for each program; the server or a command writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Sighting]:
        """Return the proofs of the programs that the bridge knows. Raises SettingsError."""
        text = read_private(self._path)
        if text is None:
            return {}
        try:
            stored = json.loads(text)
            return {name: _parse_proof(one) for name, one in stored.items() if find_row(name)}
        # A recursion error: lists nested without end.
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise SettingsError(f"cannot use {self._path}: it is damaged") from error

    def write(self, proofs: Mapping[str, Sighting]) -> None:
        """Replace the proofs; without any, there is no file. Raises SettingsError."""
        if not proofs:
            remove_file(self._path)
            return
        make_private_folder(self._path.parent)
        fields = {name: asdict(proof) for name, proof in proofs.items()}
        write_private(self._path, json.dumps(fields, indent=1) + "\n")

    def forget(self, program: str) -> None:
        """Remove one proof. Raises SettingsError."""
        proofs = self.read()
        if proofs.pop(program, None) is not None:
            self.write(proofs)


def _parse_proof(fields: Any) -> Sighting:
    proof = Sighting(**fields)
    texts = (proof.asked, proof.answered, proof.outcome, proof.version)
    flags = (proof.stream, proof.tool_calls, proof.failed)
    counts = (proof.tools, proof.requests)
    if not (
        all(isinstance(text, str) and len(text) <= _LONGEST for text in texts)
        and all(isinstance(flag, bool) for flag in flags)
        and all(type(count) is int for count in counts)
        and isinstance(proof.at, float)
        # Also false for NaN, which JSON files of Python may have.
        and 0 <= proof.at < _LATEST
    ):
        raise TypeError("a value has another type")
    # The count is since the start of the server.
    return replace(proof, requests=0)
