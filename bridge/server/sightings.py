"""The last request of each known program: the proof that it is connected."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

from bridge.connect.proofs import ProofStore
from bridge.errors import SettingsError
from bridge.server.request_record import RequestRecord
from bridge.wire.connect import Sighting

_log = logging.getLogger(__name__)
_TOOL_OUTCOMES = ("tool_calls", "tool_use", "function_call")
"""How answers end that call a tool, in the words of each endpoint."""
_LONGEST_MODEL = 200
_STORED_AGAIN = 3600.0
"""Seconds after which a proof that has not changed is stored with its new time."""
_SAVE_PAUSE = 1.0


class Sightings:
    """One sighting for each program; there are as many programs as rows.

    Those that worked are proofs: `changed` is set when they are to be stored.
    """

    def __init__(self) -> None:
        self._last: dict[str, Sighting] = {}
        self._has_called: set[str] = set()
        self._proofs: dict[str, Sighting] = {}
        self._stored: dict[str, Sighting] = {}
        """The proofs as they were last stored, or are being stored."""
        self._has_failed = False
        """Whether they could not be stored the last time."""
        self.changed = asyncio.Event()

    def restore(self, proofs: Mapping[str, Sighting]) -> None:
        """Begin with the proofs of an earlier server."""
        self._last, self._proofs, self._stored = dict(proofs), dict(proofs), dict(proofs)

    def note(self, program: str, record: RequestRecord, at: float, version: str = "") -> None:
        """Note a request that has ended; `version` is the program's, if the request has it."""
        if record.asked is None:
            return
        old = self._last.get(program)
        version = version or (old.version if old is not None else "")
        # Another version proves nothing about tools.
        is_same = old is not None and version == old.version
        # The answer after a call shows that the program ran the tool and could send its result.
        works = (is_same and old is not None and old.tool_calls) or (
            program in self._has_called and not record.failed and record.asked.tools > 0
        )
        if record.outcome in _TOOL_OUTCOMES:
            self._has_called.add(program)
        sighting = Sighting(
            at=at,
            asked=_clean_model(record.asked.model),
            answered=_clean_model(record.model),
            stream=record.asked.stream,
            tools=record.asked.tools,
            tool_calls=works,
            outcome=record.outcome,
            failed=record.failed,
            requests=1 if old is None else old.requests + 1,
            version=version,
        )
        self._last[program] = sighting
        if not record.failed:
            self._prove(program, sighting)

    def note_version(self, program: str, version: str) -> None:
        """Note the version of a program, of which the command has asked it."""
        for proofs in (self._last, self._proofs):
            if program in proofs:
                proofs[program] = replace(proofs[program], version=version)
        if program in self._proofs:
            self._prove(program, self._proofs[program])

    def _prove(self, program: str, proof: Sighting) -> None:
        self._proofs[program] = proof
        old = self._stored.get(program)
        if old is None or _is_news(old, proof):
            self.changed.set()

    def forget(self, program: str) -> None:
        """Forget a program, whose files were given back."""
        for proofs in (self._last, self._proofs, self._stored):
            proofs.pop(program, None)
        self._has_called.discard(program)
        self.changed.set()

    def get(self, program: str, since: float = 0.0) -> Sighting | None:
        """Return the last request of a program, if it came after a time."""
        sighting = self._last.get(program)
        return sighting if sighting is not None and sighting.at >= since else None

    @property
    def all(self) -> dict[str, Sighting]:
        """The last request of each program that has sent one."""
        return dict(self._last)

    async def load(self, store: ProofStore) -> None:
        """Read the stored proofs; a file that cannot be used is logged, and replaced later."""
        try:
            self.restore(await asyncio.to_thread(store.read))
        except SettingsError as error:
            _log.warning("The proofs of connected programs are lost: %s.", error)

    async def save(self, store: ProofStore) -> None:
        """Store the proofs if they changed or could not be stored before.

        What cannot be written is logged.
        """
        if not self.changed.is_set() and not self._has_failed:
            return
        self.changed.clear()
        before, self._stored = self._stored, dict(self._proofs)
        try:
            await asyncio.to_thread(store.write, dict(self._proofs))
            self._has_failed = False
        except SettingsError as error:
            # The next proof tries again, or the end of the server.
            self._stored = before
            if not self._has_failed:
                _log.warning("The proofs of connected programs are not stored: %s.", error)
            self._has_failed = True

    async def keep_saving(self, store: ProofStore) -> None:
        """Store each change, until the task is cancelled."""
        while True:
            await self.changed.wait()
            await self.save(store)
            # A program may send many requests at once.
            await asyncio.sleep(_SAVE_PAUSE)


def _clean_model(name: str) -> str:
    """Return a model's name for the disk and a terminal: a program can send any text."""
    return "".join(char if char.isprintable() else "?" for char in name[:_LONGEST_MODEL])


def _is_news(old: Sighting, new: Sighting) -> bool:
    same = replace(new, at=old.at, requests=old.requests, outcome=old.outcome) == old
    return not same or new.at - old.at > _STORED_AGAIN
