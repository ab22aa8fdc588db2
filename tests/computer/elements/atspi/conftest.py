"""One accessibility bus for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from bridge.computer.elements.atspi import bus as atspi_bus
from bridge.computer.elements.atspi.elements import AtspiElements
from tests.computer.elements.atspi.programs import AccessibilityBus, accessibility_bus


@pytest.fixture(scope="package")
def bus() -> Iterator[AccessibilityBus]:
    with accessibility_bus() as bus:
        yield bus


@pytest.fixture(scope="package")
def elements(bus: AccessibilityBus) -> Iterator[AtspiElements]:
    # A busy machine may make any program late.
    with pytest.MonkeyPatch.context() as patch, closing(AtspiElements(bus.address)) as elements:
        patch.setattr(atspi_bus, "PAUSE_SECONDS", 0.3)
        yield elements
