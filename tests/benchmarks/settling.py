"""Measures how long a click with a picture of its result takes, and whether keys get lost.

`python -m tests.benchmarks.settling [--rounds N]`, with an X server of its own and a GTK window.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from tests.computer.native.test_settling import run_hands


def main(rounds: int) -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as folder, run_hands(Path(folder)) as hands:
        spent = sorted(hands.open_menu() * 1000 for _ in range(rounds))
        print(f"a click that opens a menu, and a picture: median {statistics.median(spent):.0f} ms")
        print(f"  least {spent[0]:.0f} ms, most {spent[-1]:.0f} ms, {rounds} times")
        saved = sum(hands.save_as(f"name{number}.txt") for number in range(rounds))
        print(f"names typed at once into a dialog to save: {saved} of {rounds} arrived")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    main(parser.parse_args().rounds)
