"""Sleep and changes of network are detected."""

from __future__ import annotations

from tray.wake_detector import WakeDetector, list_own_addresses


def test_sleep_and_another_network_are_detected() -> None:
    now = 100.0
    addresses: tuple[str, ...] = ("192.0.2.7",)
    detector = WakeDetector(lambda: now, lambda: addresses)
    assert not detector.has_woken(2.0)
    now += 2.1
    assert not detector.has_woken(2.0)
    now += 10
    assert not detector.has_woken(2.0), "a busy computer is late"
    now += 3600
    assert detector.has_woken(2.0), "it slept"
    now += 2
    addresses = ()
    assert not detector.has_woken(2.0), "without a network there is nothing to retry"
    now += 2
    addresses = ("198.51.100.4",)
    assert detector.has_woken(2.0)
    now += 2
    assert not detector.has_woken(2.0)


def test_own_addresses_are_listed_with_and_without_a_network() -> None:
    assert all(isinstance(address, str) for address in list_own_addresses())
