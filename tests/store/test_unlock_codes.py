"""Codes unlock once, within minutes and a few attempts."""

from __future__ import annotations

import pytest

from bridge.store.unlock_codes import MAX_ATTEMPTS, SECONDS, UnlockCodes
from tests.clocks import FakeClocks


def test_a_code_is_redeemed_once_however_it_is_typed() -> None:
    codes = UnlockCodes(FakeClocks())
    code = codes.issue()
    assert len(code) == 9
    assert code[4] == "-"
    assert codes.redeem(f" {code.replace('-', ' ').lower()} ")
    assert not codes.redeem(code)


def test_without_a_code_nothing_is_right() -> None:
    codes = UnlockCodes(FakeClocks())
    assert not codes.redeem("")
    codes.redeem(codes.issue())
    assert not codes.redeem("")


@pytest.mark.parametrize(("change", "seconds"), [("pass_time", SECONDS), ("sleep", 10)])
def test_a_code_expires(change: str, seconds: float) -> None:
    clocks = FakeClocks()
    codes = UnlockCodes(clocks)
    code = codes.issue()
    getattr(clocks, change)(seconds)
    assert not codes.redeem(code)


@pytest.mark.parametrize(("wrong", "is_right"), [(MAX_ATTEMPTS - 1, True), (MAX_ATTEMPTS, False)])
def test_too_many_attempts_make_a_code_worthless(wrong: int, is_right: bool) -> None:
    codes = UnlockCodes(FakeClocks())
    code = codes.issue()
    for _ in range(wrong):
        assert not codes.redeem("2222-222\ud800")
    assert codes.redeem(code) is is_right


def test_only_the_newest_code_is_valid() -> None:
    codes = UnlockCodes(FakeClocks())
    older, newer = codes.issue(), codes.issue()
    assert not codes.redeem(older)
    assert codes.redeem(newer)
