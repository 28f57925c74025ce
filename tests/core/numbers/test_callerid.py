"""Who calls, by number and name; or that nobody says."""

import pytest

from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.numbers.callerid import caller_name, caller_number, cleaned

SAID = Source.EVENT


@pytest.mark.parametrize(
    "text",
    [
        *("anonymous", "Anonymous", "Restricted", "unknown", "Unavailable", "PRIVATE", "", "-"),
        *("+266696687", "266696687", "86282452253", "7378742833", "0", "0000000000"),
        *("sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@10.0.0.1>', "Okafor"),
        *("<sip:bob@example.com>", "\u00b2\u00b3", "2025550143 and 2025550144"),
        *("192.168.1.5", "<sip:10.0.0.1>", "sip:ada.1815@pbx", "Unknown 5", "-1"),
        *(
            "+1 202-555-0143 / 0144",
            "2025550143 2025550144",
            "+49 30 123456/7890",
            "SIP/trunk-0001",
        ),
    ],
)
def test_a_withheld_caller_has_no_number(text: str) -> None:
    """Nobody is searched for by a word."""
    assert caller_number(text) == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+12025550143", "+12025550143"),
        ("(202) 555-0143", "(202) 555-0143"),
        ("202-555-0143", "202-555-0143"),
        ("1001", "1001"),
        ("0170/1234567", "01701234567"),
        ("0049 5241/123456", "00495241123456"),
        ("+49 30/123456", "+4930123456"),
        ("*98", "*98"),
        ("<sip:+12025550143@host>", "+12025550143"),
        ('"Ann" <sip:1001@pbx;user=phone>', "1001"),
        ("sip:+12025550143;npdi@host", "+12025550143"),
        ("tel:+1-202-555-0143", "+1-202-555-0143"),
        ("+12025550143 (mobile)", "+12025550143"),
        ("Ann <+12025550143>", "+12025550143"),
        ("sip:%2B12025550143@host", "+12025550143"),
        ("2025550143@pbx", "2025550143"),
        ("+12025550143;npi=ISDN", "+12025550143"),
        ("+12025550143:5060", "+12025550143"),
    ],
)
def test_display_forms_are_read_for_their_number(text: str, number: str) -> None:
    """What is told plainly stays as it is."""
    assert caller_number(text) == number


@pytest.mark.parametrize(
    "name",
    [
        *("UNKNOWN", "WIRELESS CALLER", "Anonymous", "+12025550143", "202-555-0143", " ", "N/A"),
        *("Unavailable", "CELL PHONE", "OUT OF AREA", "TOLL FREE CALL", "Caller 12025550143"),
        *("Private Number", "UNBEKANNT", "no name", "Name Unavailable"),
        *("V12025550143", "CID:2025550143", "CELL PHONE   NY", "Número privado", "非通知"),
        *("Unbekannter Teilnehmer", "Anonymer Anruf", "Privater Anrufer", "Appel masqué"),
        *("CELL PHONE DC", "\u200b", "\ufeff"),
        *(
            "番号非通知",
            "表示圏外",
            "公衆電話",
            "未知号码",
            "발신자표시제한",
            "발신번호 없음",
            "Geen nummer",
        ),
        *(
            "No disponible",
            "Identità nascosta",
            "Não identificado",
            "Okänt nummer",
            "Skjult nummer",
        ),
        *("Numer zastrzeżony", "Nieznany", "Neznámé číslo", "Tuntematon numero", "Ismeretlen hívó"),
        *("Gizli Numara", "Неизвестный номер", "Απόκρυψη", "מספר חסוי", "رقم غير معروف"),
        *("Llamada desconocida", "Chiamata anonima", "undefined", "VOIP CALLER", "Unknown <>"),
    ],
)
def test_a_placeholder_is_not_a_name(name: str) -> None:
    """Nor is the number once more."""
    assert caller_name(name, "+12025550143") == ""


@pytest.mark.parametrize(
    "name",
    [
        "Mobile AG",
        *("Numer Łukasz", "Nao", "수 김", "Номер Один Плюс", "Geen Zorgen BV"),
        "Free SA",
        "Ada Lovelace",
        "ACME 24",
        "ACME 5550143",
        "ACME WIRELESS",
        "Freecall AG",
        "山田",
        "Jo NY",
    ],
)
def test_a_real_name_is_accepted(name: str) -> None:
    """Of a person or a company, with words of those among others."""
    assert caller_name(f" {name} ", "+12025550143") == name


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Ann\r\nBo\x07", "Ann Bo"),
        ("An\x00n\x85Lee", "An n Lee"),
        ("\u202eecilA\u202c", "ecilA"),
        ("Ann\u2028 \t Lee", "Ann Lee"),
        ('"Zoe" <+12025550143>', "Zoe"),
        ("Ann Lee <sip:204@pbx>", "Ann Lee"),
        ("Ann <3", "Ann <3"),
        ("B\u00adob\u200b", "Bob"),
    ],
)
def test_a_name_is_one_line_of_printable_text(told: str, name: str) -> None:
    """A log's subject is one line, and what would turn it around is left out."""
    assert caller_name(told, "+12025550143") == name


def test_facts_are_cleaned_and_clean_ones_are_unchanged() -> None:
    """So that nothing is copied for nothing."""
    good = Facts(number=Known("+12025550143", SAID), name=Known("Ada", SAID))
    assert cleaned(good) is good
    assert cleaned(Facts()) == Facts()
    odd = Facts(
        number=Known("anonymous", SAID),
        name=Known("UNKNOWN", SAID),
        own_number=Known("<sip:+12025550100@host>", SAID),
    )
    assert cleaned(odd) == Facts(own_number=Known("+12025550100", SAID))
    spaced = Facts(number=Known("+12025550143", SAID), name=Known(" Ada ", SAID))
    assert cleaned(spaced).name == Known("Ada", SAID)


def test_a_dialed_number_is_reported_as_it_was_dialed() -> None:
    """A call to "sales" must not be taken for the one that waits for any number."""
    told = Known("sales", SAID)
    for direction in (Direction.OUTBOUND, Direction.INTERNAL):
        dialed = Facts(direction=Known(direction, SAID), number=told)
        assert cleaned(dialed) is dialed
    called = Facts(direction=Known(Direction.INBOUND, SAID), number=told)
    assert cleaned(called).number is None
    form = Known("<sip:+12025550143@host>", SAID)
    outbound = Facts(direction=Known(Direction.OUTBOUND, SAID), number=form)
    assert cleaned(outbound).number == Known("+12025550143", SAID)
