"""Tests of pages, scrolling and following the end."""

from __future__ import annotations

from talon_user.core.pager import FixedRows, Pager


class Growing(FixedRows):
    """Rows that a test adds."""

    def __init__(self, count: int) -> None:
        super().__init__([], 10)
        self.grow(count)

    def grow(self, count: int) -> None:
        rows = FixedRows([str(self.row_count + number) for number in range(count)], 10)
        self._rows += rows.list_rows(0, count)


def look(pager: Pager) -> tuple[int, int, list[str]]:
    return pager.page, pager.page_count, [row.text for row in pager.list_visible()]


def test_a_list_begins_with_its_first_page() -> None:
    pager = Pager(Growing(5), 2)
    assert look(pager) == (1, 3, ["0", "1"])
    pager.turn(1)
    assert look(pager) == (2, 3, ["2", "3"])
    pager.turn(1)
    assert look(pager) == (3, 3, ["3", "4"])
    pager.turn(1)
    assert look(pager) == (3, 3, ["3", "4"])
    pager.turn(-9)
    assert look(pager) == (1, 3, ["0", "1"])


def test_the_end_is_followed_until_the_user_turns_a_page() -> None:
    rows = Growing(5)
    pager = Pager(rows, 2, follow=True)
    assert look(pager) == (3, 3, ["3", "4"])
    rows.grow(2)
    assert look(pager) == (4, 4, ["5", "6"])
    pager.scroll(-1)
    rows.grow(3)
    assert look(pager) == (3, 5, ["4", "5"])
    pager.scroll(9)
    rows.grow(1)
    assert look(pager) == (6, 6, ["9", "10"])


def test_there_is_no_page_before_the_first_or_after_the_last() -> None:
    pager = Pager(Growing(5), 2)
    assert not pager.go_to_page(0)
    assert not pager.go_to_page(4)
    assert pager.go_to_page(3)
    assert look(pager) == (3, 3, ["3", "4"])


def test_an_empty_text_has_one_page() -> None:
    assert look(Pager(Growing(0), 2, follow=True)) == (1, 1, [])
