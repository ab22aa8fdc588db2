"""A faithful, strict fake of Talon: what the real one punishes, this one refuses at once."""

from tests.talon_world.script_thread import Violation
from tests.talon_world.world import TalonWorld

__all__ = ["TalonWorld", "Violation"]
