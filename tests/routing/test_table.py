"""The rules of the settings and the saved ones: their order, their counts, their file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bridge.errors import RoutingRulesUnreadable
from bridge.routing.table import RoutingTable
from bridge.wire.routing.rule import RoutingRule

CURSOR = RoutingRule(name="Cursor", client="cursor*", use_model="opus")
CHEAP = RoutingRule(name="Cheap", max_price=5, computer=False)


def find_name(table: RoutingTable, client: str) -> str | None:
    entry = table.find(client, "", "gpt-4o")
    return None if entry is None else entry.rule.name


def test_saved_rules_come_first_and_are_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "data" / "routing-rules.json"
    table = RoutingTable(path, [CHEAP])
    assert (find_name(table, "cursor"), find_name(table, "curl")) == ("Cheap", "Cheap")
    table.save([CURSOR])
    again = RoutingTable(path, [CHEAP])
    for each in (table, again):
        assert (find_name(each, "cursor"), find_name(each, "curl")) == ("Cursor", "Cheap")
        assert [(entry.rule, entry.is_saved) for entry in each.listed] == [
            (CURSOR, True),
            (CHEAP, False),
        ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_count_stays_with_a_rule_that_is_moved_and_not_with_a_changed_one(tmp_path: Path) -> None:
    table = RoutingTable(tmp_path / "rules.json", [])
    table.save([CURSOR, CHEAP])
    for entry in (*table.listed, table.listed[0]):
        table.count(entry)
    table.save([CHEAP, CURSOR])
    assert [table.get_count(entry) for entry in table.listed] == [1, 2]
    table.save([CHEAP, CURSOR.model_copy(update={"use_model": "haiku"})])
    assert [table.get_count(entry) for entry in table.listed] == [1, 0]
    table.save([CHEAP, CURSOR])
    assert [table.get_count(entry) for entry in table.listed] == [1, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expecting property name"),
        ("{}", "must be a list of rules"),
        ('[{"name": "Cheap", "max_price": "low"}]', "rule 1 (“Cheap”), `max_price`: input should"),
    ],
)
def test_a_damaged_file_is_not_ignored_until_rules_are_saved(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "rules.json"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    table = RoutingTable(path, [CHEAP])
    with pytest.raises(RoutingRulesUnreadable) as raised:
        table.check_readable()
    assert str(path) in raised.value.message
    assert words in raised.value.message
    table.save([])
    table.check_readable()
    RoutingTable(path, []).check_readable()
