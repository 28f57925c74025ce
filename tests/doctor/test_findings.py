"""What was found, told to people and to programs."""

from __future__ import annotations

import json

from adapter.doctor.findings import about, as_json, exit_code, fail, ok, table, warn

GOOD = ok("provider", "It answers.")
FAIR = warn("disk", "Little is left.", "Make room.")
BAD = fail("socket", "It does not open.", "Let the proxy pass upgrades.")


def test_only_what_fails_makes_the_exit_code() -> None:
    """A warning is for somebody's eyes, not for a pipeline to stop."""
    assert exit_code([]) == 0
    assert exit_code([GOOD, FAIR]) == 0
    assert exit_code([GOOD, FAIR, BAD]) == 1


def test_the_table_lines_its_columns_up_and_counts() -> None:
    """Grade, check, text; below it what to do."""
    assert table([GOOD, FAIR, BAD]).splitlines() == [
        "ok    provider  It answers.",
        "warn  disk      Little is left.",
        "                -> Make room.",
        "fail  socket    It does not open.",
        "                -> Let the proxy pass upgrades.",
        "",
        "1 ok, 1 warn, 1 fail",
    ]


def test_a_servers_words_cannot_command_the_terminal() -> None:
    """A check may quote what it was answered."""
    told = table([warn("disk", "It says \x1b[2J.", "Ask \x9b1m.")])
    assert told.startswith("warn  disk  It says \\x1b[2J.\n            -> Ask \\x9b1m.\n")


def test_long_texts_are_wrapped_under_their_column() -> None:
    """No line is wider than a terminal."""
    told = table([warn("disk", "word " * 50, "deed " * 50)]).splitlines()
    assert max(map(len, told)) <= 100
    assert all(line.startswith(" " * 12) for line in told[1:-2])
    assert sum("->" in line for line in told) == 1


def test_the_json_contains_everything() -> None:
    """For a monitor: one word for all, and each finding."""
    assert json.loads(as_json([GOOD, BAD])) == {
        "ok": False,
        "findings": [
            {"check": "provider", "grade": "ok", "text": "It answers.", "todo": ""},
            {
                "check": "socket",
                "grade": "fail",
                "text": "It does not open.",
                "todo": "Let the proxy pass upgrades.",
            },
        ],
    }


def test_no_findings_make_an_empty_table() -> None:
    """Not an error."""
    assert table([]) == "\n0 ok, 0 warn, 0 fail\n"


def test_a_finding_about_one_of_several_orgs_names_it_and_its_option() -> None:
    """The variable is not what an admin changes then."""
    todo = "Check SOFTPHONE_ASTERISK_URL, then restart."
    (found,) = about("00D1", [fail("asterisk", "It cannot be reached.", todo)])
    assert found.text == "00D1: It cannot be reached."
    assert found.todo == "Check url in [org.telephony], then restart."
