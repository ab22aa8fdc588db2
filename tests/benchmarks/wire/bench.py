"""Asks the targets in turn, and reads what their processes use."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.benchmarks.wire.bodies import build_chat
from tests.benchmarks.wire.load import Target, Timing, check_answer, measure_delays, send_requests
from tests.benchmarks.wire.rounds import Share, choose_share, rotate

OWN = ("direct", "proxy", "chat", "responses", "messages")
"""The targets that must answer; the last three are endpoints of the bridge."""
_ROUND_SECONDS = 0.6
"""What a slow target may take of a round, on average."""
_PROCESSOR_SECONDS = 3.0
"""How long the requests are sent that a target's processor time is measured with."""
_PATIENCE_SECONDS = 30.0
_MEMORY_RETURNS_SECONDS = 6.0
"""The bridge gives free memory back to the system five seconds after a large body."""
_FAILURES = (RuntimeError, OSError, EOFError, TimeoutError)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Round:
    """The requests that one target was sent in one round."""

    timings: Sequence[Timing]
    seconds: float

    def median(self, of: Callable[[Timing], float]) -> float:
        return statistics.median(map(of, self.timings))


Rounds = Mapping[str, Mapping[int, Round]]
"""By target and number of the round."""


@dataclass(slots=True)
class _Lane:
    """What one target does of a line; `share` is None once it has failed."""

    target: Target
    request: bytes
    share: Share | None
    rounds: dict[int, Round] = field(default_factory=dict)


class Bench:
    """The targets to compare. `scale`: how many of the requests are sent."""

    def __init__(self, targets: Sequence[Target], scale: float) -> None:
        self.targets = targets
        self._scale = scale
        self._asked: dict[int | None, float] = {}
        """When each process was last asked, in the seconds of `time.monotonic`."""

    def run_rounds(self, body: Mapping[str, Any], count: int, at_once: int, rounds: int) -> Rounds:
        """Send the same requests to each target in turn, in another order each round."""
        count = max(at_once, round(count * self._scale))
        lanes = [
            self._warm_up(target, target.request(body), count, at_once)
            for target in self.list_able(body, at_once)
        ]
        for turn in range(rounds):
            for lane in rotate(lanes, turn):
                if lane.share and lane.share.takes_part_in(turn):
                    self._run_lane(lane, turn, at_once)
        return {lane.target.name: lane.rounds for lane in lanes if lane.share}

    def _warm_up(self, target: Target, request: bytes, count: int, at_once: int) -> _Lane:
        """Send the first requests, which say how many a target can be sent in a round."""
        warm = self._try(target, self._send(target, request, at_once, at_once))
        if warm is None:
            return _Lane(target, request, None)
        each = warm.seconds / at_once
        return _Lane(target, request, choose_share(count, at_once, each, _ROUND_SECONDS))

    def _run_lane(self, lane: _Lane, turn: int, at_once: int) -> None:
        assert lane.share is not None
        sending = self._send(lane.target, lane.request, lane.share.count, at_once)
        if done := self._try(lane.target, sending):
            lane.rounds[turn] = done
        else:
            lane.share = None

    async def _send(self, target: Target, request: bytes, count: int, at_once: int) -> Round:
        started = time.perf_counter()
        timings = await send_requests(target, request, count, at_once)
        return Round(timings, time.perf_counter() - started)

    def list_able(self, body: Mapping[str, Any], at_once: int = 1) -> list[Target]:
        """Return the targets that answer this body; print why a peer does not."""
        able = []
        for target in self.targets:
            if target.most_at_once is not None and at_once > target.most_at_once:
                self.tell(target, f"it is asked at most {target.most_at_once} at a time")
            elif self._try(target, self._check(target, target.request(body))):
                able.append(target)
        return able

    async def _check(self, target: Target, request: bytes) -> bool:
        await check_answer(target, request)
        return True

    def _try(self, target: Target, asking: Coroutine[Any, Any, _T]) -> _T | None:
        """Return what came of asking a target; None, and print why, if it is a peer and fails."""
        try:
            return asyncio.run(asyncio.wait_for(asking, _PATIENCE_SECONDS))
        except _FAILURES as error:
            if target.name in OWN:
                raise
            self.tell(target, f"{type(error).__name__} {error}")
            return None
        finally:
            self._asked[target.pid] = time.monotonic()

    def tell(self, target: Target, reason: str) -> None:
        print(f"\n{target.name} is left out here: {reason}", flush=True)

    def measure_pace(self, body: Mapping[str, Any], at_once: int) -> dict[str, list[float]]:
        """Return the delays of all words of three rounds, in seconds, by target."""
        found: dict[str, list[float]] = {}
        able = self.list_able(build_chat(20), at_once)
        for turn in range(3):
            for target in rotate(able, turn):
                delays = self._try(target, measure_delays(target, target.request(body), at_once))
                found.setdefault(target.name, []).extend(delays or [])
        return {name: delays for name, delays in found.items() if delays}

    def measure_cpu(self, target: Target, body: Mapping[str, Any], count: int) -> float | None:
        """Return the seconds of processor time that a target's processes need for a request.

        A slow target is sent fewer than `count` requests.
        """
        assert target.pid is not None
        request = target.request(body)
        warm = self._try(target, self._send(target, request, 3, 1))
        if not warm:
            return None
        count = choose_share(count, 3, warm.seconds / 3, _PROCESSOR_SECONDS).count
        before = read_processor_time(target.pid)
        if not self._try(target, self._send(target, request, count, 1)):
            return None
        return (read_processor_time(target.pid) - before) / count

    def measure_growth(self, target: Target, body: Mapping[str, Any], count: int) -> int | None:
        """Return by how many bytes a target's processes grow in so many requests."""
        assert target.pid is not None
        request = target.request(body)
        if not self._try(target, self._send(target, request, 100, 8)):
            return None
        before = read_memory(target.pid)
        if not self._try(target, self._send(target, request, count, 8)):
            return None
        return read_memory(target.pid) - before

    def measure_peak(self, target: Target, body: Mapping[str, Any]) -> int | None:
        """Return the most bytes that requests one after the other take in a target's process."""
        assert target.pid is not None
        # The bridge's endpoints are one process: what the last one took goes back first.
        returned = self._asked[target.pid] + _MEMORY_RETURNS_SECONDS
        time.sleep(max(0.0, returned - time.monotonic()))
        start_peak(target.pid)
        before = read_peak_memory(target.pid)
        if not self._try(target, self._send(target, target.request(body), 3, 1)):
            return None
        return read_peak_memory(target.pid) - before


def list_processes(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def read_processor_time(pid: int) -> float:
    """Return the seconds that a process and its children have used, those that ended too."""
    return sum(sum(process.cpu_times()[:4]) for process in list_processes(pid))


def read_memory(pid: int) -> int:
    """Return the bytes (RSS) of a process and its children."""
    return sum(int(process.memory_info().rss) for process in list_processes(pid))


def start_peak(pid: int) -> None:
    """Forget the most memory that a process has had so far; Linux only."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def read_peak_memory(pid: int) -> int:
    """Return the most bytes that a process has had (RSS) since `start_peak`; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
