"""A strict fake of Talon: it raises at once where the real one would warn or misbehave."""

from tests.talon_world.script_thread import Violation
from tests.talon_world.world import TalonWorld

__all__ = ["TalonWorld", "Violation"]
