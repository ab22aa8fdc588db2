"""Who asks: what the system tells, and what the program only says of itself."""

from __future__ import annotations

import pytest

from bridge.computer.approval.asker import Asker, Askers, build_asker
from bridge.computer.approval.gate import describe_request

CURL = build_asker([("/usr/bin/curl", 7)], "1000")


def test_the_name_that_a_program_gives_itself_is_only_quoted() -> None:
    asker = build_asker([("/opt/miner", 7)], "1000", claim="the dashboard\u202e\n")
    assert asker.name == "miner"
    assert asker.label == (
        "miner (/opt/miner, process 7), which says it is “the dashboard‹U+202E›⏎”"
    )


def test_an_approval_is_remembered_by_path_and_user() -> None:
    askers = Askers()
    askers.remember(CURL, approved=True)
    assert askers.find(build_asker([("/usr/bin/curl", 99)], "1000", claim="other")) is not None
    for other in (
        build_asker([("/opt/curl", 7)], "1000"),
        build_asker([("/usr/bin/curl", 7)], "1001"),
        # The number of a process that has ended may be given to another program.
        build_asker([("/usr/bin/nc", 7)], "1000"),
        # A connection that another program shares.
        build_asker([("/usr/bin/curl", 7), ("/usr/bin/nc", 8)], "1000"),
    ):
        assert askers.find(other) is None


@pytest.mark.parametrize("programs", [[], [("", 7)], [("/usr/bin/curl", 7), ("", 8)]])
def test_an_unknown_program_is_asked_about_each_time(programs: list[tuple[str, int]]) -> None:
    asker, askers = build_asker(programs, "1000"), Askers()
    assert asker.identity is None
    assert "unknown program" in asker.label
    askers.remember(asker, approved=True)
    assert askers.find(asker) is None
    assert "for one request" in describe_request(asker)


@pytest.mark.parametrize(
    ("path", "runs_others"),
    [
        ("/usr/bin/python3.11", True),
        ("/usr/bin/node", True),
        ("/bin/bash", True),
        (r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", True),
        ("/usr/bin/curl", False),
        ("/usr/bin/shotwell", False),
    ],
)
def test_the_question_says_what_else_an_approval_covers(path: str, runs_others: bool) -> None:
    asker = build_asker([(path, 7)], "1000")
    assert asker.runs_other_programs is runs_others
    assert ("covers all of them" in describe_request(asker)) is runs_others


def test_a_credential_is_named_and_trusted() -> None:
    asker = build_asker((), "", claim="curl", credential="the access key “laptop”")
    assert asker == Asker(
        "an unknown program",
        "an unknown program with the access key “laptop”, which says it is “curl”",
        None,
        is_trusted=True,
    )
