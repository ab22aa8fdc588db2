"""Any sequence of writes, restarts, kills, damage and clock jumps: the store is never wrong.

The model knows which responses must be there, which may be there, and which must not. After damage
the file may have lost everything; what was acknowledged afterwards must be there.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.store.responses import ResponseStore
from tests.store.test_database import cut_off, make_folder, spoil_header, spoil_pages, write_text
from tests.store.test_responses import DAY, make_response

_T = TypeVar("_T")
NUMBERS = st.integers(0, 9)
DAMAGES = st.sampled_from([cut_off, make_folder, spoil_header, spoil_pages, write_text])


class StoreMachine(RuleBasedStateMachine):
    """One file, opened by one store after the other."""

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "r.sqlite3"
        self.jumps = 0
        self.wall, self.elapsed = 1_790_000_000.0, 0.0
        self.on_disk: dict[str, bool] = {}
        """Responses that must be found; the flag says whether they survive a restart."""
        self.lost: set[str] = set()
        """Responses that may be found or not: damage may have hit their file."""
        self.open_store()

    def open_store(self) -> None:
        self.store = ResponseStore(
            self.path, 30, now=lambda: self.wall, monotonic=lambda: self.elapsed
        )

    def run(self, job: Awaitable[_T]) -> _T:
        async def wait() -> _T:
            return await job

        return self.loop.run_until_complete(wait())

    @rule(number=NUMBERS, on_disk=st.booleans(), size=st.sampled_from([10, 5_000]))
    def put(self, number: int, on_disk: bool, size: int) -> None:
        stored = make_response(number, text="x" * size)
        assert self.run(self.store.put(stored, on_disk=on_disk)) is None
        # One that was on disk stays there when its id is used again, which no server does.
        id = f"resp_{number}"
        self.on_disk[id] = on_disk or self.on_disk.get(id, False)
        self.lost.discard(id)

    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        id = f"resp_{number}"
        deleted = self.run(self.store.delete(id))
        assert deleted == (id in self.on_disk) or id in self.lost
        self.on_disk.pop(id, None)
        self.lost.discard(id)

    @rule()
    def forget_all(self) -> None:
        self.run(self.store.forget())
        self.on_disk, self.lost = {}, set()

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.open_again()

    @rule()
    def kill(self) -> None:
        """The process ends without closing: the files are as they were at that moment."""
        copy = self.folder.with_name(self.folder.name + "-copy")
        shutil.copytree(self.folder, copy)
        self.run(self.store.close())
        shutil.rmtree(self.folder)
        copy.rename(self.folder)
        self.open_again()

    def open_again(self) -> None:
        self.on_disk = {id: True for id, on_disk in self.on_disk.items() if on_disk}
        self.open_store()

    @precondition(lambda self: self.path.is_file() and self.path.stat().st_size > 8_192)
    @rule(damage=DAMAGES)
    def damage(self, damage: Callable[[Path], None]) -> None:
        self.run(self.store.close())
        damage(self.path)
        self.open_again()
        self.lost |= self.on_disk.keys()
        self.on_disk = {}

    # Each jump may count as seven days, and responses stay for thirty.
    @precondition(lambda self: self.jumps < 4)
    @rule(years=st.sampled_from([-30, -1, 1, 30]))
    def jump(self, years: int) -> None:
        self.jumps += 1
        self.wall += years * 365 * DAY

    @rule(hours=st.sampled_from([0.1, 1]))
    def let_time_pass(self, hours: float) -> None:
        self.wall += hours * 3_600
        self.elapsed += hours * 3_600

    @rule()
    def expire(self) -> None:
        self.run(self.store.expire())

    @invariant()
    def everything_is_found(self) -> None:
        for number in range(10):
            id = f"resp_{number}"
            found = self.run(self.store.get(id))
            if id in self.on_disk:
                assert found is not None
                assert found.body["id"] == id
            elif id not in self.lost:
                assert found is None

    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
