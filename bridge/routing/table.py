"""The rules of the settings and those saved on the dashboard, and how often each applied."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import RoutingRulesUnreadable, SettingsError
from bridge.private_files import make_private_folder, read_private, write_private
from bridge.routing.match import find_rule
from bridge.wire.routing.rule import RoutingRule, parse_rules


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule, and whether it was saved on the dashboard; the others are of the settings."""

    rule: RoutingRule
    is_saved: bool


class RoutingTable:
    """All rules in the order in which they are tried: the saved ones first.

    Each change is written to the file at once. `save` may be called in several threads.
    """

    def __init__(self, path: Path, configured: Sequence[RoutingRule]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._configured = tuple(ListedRule(rule, is_saved=False) for rule in configured)
        self._counts = Counter[ListedRule]()
        self.problem: str | None = None
        """Why the saved rules cannot be read."""
        self._set_saved(self._load())

    def _set_saved(self, saved: Sequence[RoutingRule]) -> None:
        self.listed = (*(ListedRule(rule, is_saved=True) for rule in saved), *self._configured)
        # A rule that was changed, and is no longer the same, begins anew.
        self._counts = Counter({entry: self._counts[entry] for entry in self.listed})

    def check_readable(self) -> None:
        """Raise RoutingRulesUnreadable if rules that may refuse a request cannot be read."""
        if self.problem is not None:
            raise RoutingRulesUnreadable(
                f"The saved rules for requests cannot be read ({self._path}): {self.problem}"
            )

    def find(self, client: str, key: str, model: str) -> ListedRule | None:
        """Return the first rule that matches a request; None if none does."""
        # Once, as a save in a thread may replace it meanwhile.
        listed = self.listed
        if not listed:
            return None
        match = find_rule([entry.rule for entry in listed], client, key, model)
        return None if match is None else listed[match[0]]

    def count(self, entry: ListedRule) -> None:
        """Count a request that the rule has applied to."""
        self._counts[entry] += 1

    def get_count(self, entry: ListedRule) -> int:
        """Return how many requests the rule has applied to since the start."""
        return self._counts[entry]

    def save(self, rules: Sequence[RoutingRule]) -> None:
        """Replace the saved rules. Raises SettingsError if the file cannot be written."""
        fields = [rule.model_dump(exclude_defaults=True) for rule in rules]
        with self._lock:
            make_private_folder(self._path.parent)
            write_private(self._path, json.dumps(fields, indent=1) + "\n")
            self.problem = None
            self._set_saved(rules)

    def _load(self) -> tuple[RoutingRule, ...]:
        try:
            text = read_private(self._path)
            return parse_rules(json.loads(text)) if text is not None else ()
        except (SettingsError, ValueError, RecursionError) as error:
            # Not ignored: a request could be one that these rules refuse.
            self.problem = str(error)
            return ()
