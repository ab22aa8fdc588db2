"""Logging of the server process: one line an event, to stderr, never with content."""

from __future__ import annotations

import logging
import sys

_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def set_up_logging(level: str) -> None:
    """Sends the bridge's own log to stderr; libraries only from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_LINE))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("bridge", "tray"):
        logging.getLogger(name).setLevel(level)
