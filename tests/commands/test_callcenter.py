"""`python -m adapter callcenter`: written from the settings, or checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.opencti.callcenter_rules import problems
from adapter.xmltext import read

URL = "https://softphone.example.com"


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No .env of ours, and a public address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", URL)
    return tmp_path


def value(xml: str, name: str) -> str | None:
    """An item's text."""
    return read(xml).findtext(f".//item[@name='{name}']")


def test_the_file_is_made_from_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address, the country, the wrap-up and the words for outcomes, each once."""
    monkeypatch.setenv("SOFTPHONE_DEFAULT_REGION", "DE")
    monkeypatch.setenv("SOFTPHONE_WRAP_UP_SECONDS", "90")
    monkeypatch.setenv("SOFTPHONE_DISPOSITIONS", "busy=Besetzt,rejected=Besetzt")
    assert main(["callcenter"]) == 0
    xml = capsys.readouterr().out
    assert problems(xml) == ()
    assert value(xml, "reqAdapterUrl") == f"{URL}/softphone"
    assert value(xml, "defaultCountry") == "DE"
    assert value(xml, "wrapUpSeconds") == "90"
    assert (value(xml, "dispositions") or "").split(",").count("Besetzt") == 1
    assert value(xml, "reqStandbyUrl") is None


@pytest.mark.parametrize(
    ("experience", "mode"),
    [("lightning", "Lightning"), ("classic", "Classic"), ("both", "Classic_and_Lightning")],
)
def test_the_file_may_be_for_either_experience_or_both(
    at_home: Path, experience: str, mode: str
) -> None:
    """Into a file this time."""
    out = at_home / "softphone.xml"
    wishes = ["--standby-url", "https://status.example.com/", "--channel", "SoftphoneCalls__c"]
    assert main(["callcenter", "--experience", experience, "--out", str(out), *wishes]) == 0
    xml = out.read_text(encoding="utf-8")
    assert value(xml, "reqSalesforceCompatibilityMode") == mode
    assert value(xml, "reqStandbyUrl") == "https://status.example.com/"
    assert value(xml, "publishChannel") == "SoftphoneCalls__c"


def test_a_file_with_an_address_that_lightning_refuses_is_not_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which setting is to blame; Classic takes it."""
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", "http://localhost:8080")
    assert main(["callcenter"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "only https addresses" in told.err
    assert "SOFTPHONE_PUBLIC_URL" in told.err
    assert main(["callcenter", "--experience", "classic"]) == 0


def test_a_good_file_is_checked(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and a line that says so."""
    assert main(["callcenter", "--out", "good.xml"]) == 0
    assert main(["callcenter", "--check", "good.xml"]) == 0
    assert capsys.readouterr().out == "good.xml: no problems\n"


def test_a_broken_file_is_reported_line_by_line(
    at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1; each problem with its place."""
    assert main(["callcenter", "--out", "broken.xml"]) == 0
    file = at_home / "broken.xml"
    file.write_text(file.read_text(encoding="utf-8").replace(">550<", ">5500<"), encoding="utf-8")
    assert main(["callcenter", "--check", "broken.xml"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "/reqGeneralInfo/reqSoftphoneHeight: it must be 240 to 2560 pixels, as digits.",
        "broken.xml: 1 problem",
    ]


@pytest.mark.parametrize("arguments", [("--check", "nowhere.xml"), ("--out", "nowhere/x.xml")])
def test_an_unusable_file_is_named(
    arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, no traceback."""
    assert main(["callcenter", *arguments]) == 2
    assert arguments[1] in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1"])
def test_a_file_may_have_any_encoding_that_it_declares(at_home: Path, encoding: str) -> None:
    """As editors and other vendors write them."""
    assert main(["callcenter", "--display-name", "Téléphone", "--out", "good.xml"]) == 0
    text = (at_home / "good.xml").read_text(encoding="utf-8")
    said = "utf-16" if encoding.startswith("utf-16") else encoding.removesuffix("-sig")
    (at_home / "other.xml").write_bytes(text.replace("UTF-8", said).encode(encoding))
    assert main(["callcenter", "--check", "other.xml"]) == 0


def test_a_file_that_is_not_text_is_named(
    at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not in the encoding that it says, or in one that nobody knows."""
    (at_home / "odd.xml").write_bytes(b'<?xml version="1.0" encoding="UTF-8"?><a>\xff</a>')
    assert main(["callcenter", "--check", "odd.xml"]) == 2
    assert "odd.xml: it is not in the encoding that it declares: UTF-8" in capsys.readouterr().err
    (at_home / "odd.xml").write_bytes(b'<?xml version="1.0" encoding="x-none"?><a/>')
    assert main(["callcenter", "--check", "odd.xml"]) == 2
    assert "an unknown encoding: x-none" in capsys.readouterr().err


def test_every_item_of_the_guide_can_be_set(at_home: Path) -> None:
    """A second call center of an org needs a name of its own, and so on."""
    told = {
        "reqInternalName": ("--internal-name", "SalesPhone"),
        "reqDisplayName": ("--display-name", "Sales"),
        "reqSoftphoneHeight": ("--height", "600"),
        "reqSoftphoneWidth": ("--width", "420"),
        "reqStandbyUrl": ("--standby-url", "https://status.example.com/"),
        "reqTimeout": ("--standby-ms", "5000"),
        "reqOutsidePrefix": ("--outside-prefix", "9"),
        "reqLongDistPrefix": ("--long-distance-prefix", "1"),
        "reqInternationalPrefix": ("--international-prefix", "011"),
    }
    arguments = [part for option in told.values() for part in option]
    assert main(["callcenter", *arguments, "--out", "sales.xml"]) == 0
    made = read((at_home / "sales.xml").read_text(encoding="utf-8"))
    for name, (_, value) in told.items():
        assert made.findtext(f".//item[@name='{name}']") == value


def test_a_channel_that_the_page_would_ignore_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without its ending it is the label of a message channel, as Setup shows it."""
    assert main(["callcenter", "--channel", "SoftphoneCalls"]) == 2
    assert "--channel must be a message channel's API name" in capsys.readouterr().err


def test_a_prefix_that_the_phone_system_rejects_causes_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It wants + and the country code: 9 and 011 before it make a number of none of its forms."""
    assert main(["callcenter", "--outside-prefix", "9", "--out", "x.xml"]) == 0
    assert "prefix" in capsys.readouterr().err
    assert main(["callcenter", "--out", "x.xml"]) == 0
    assert capsys.readouterr().err == ""


def test_programs_get_json(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file that was written; the definition itself; what is wrong with a broken one."""
    assert main(["callcenter", "--json", "--out", "good.xml"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": "good.xml"}
    good = (at_home / "good.xml").read_text(encoding="utf-8")
    assert main(["callcenter", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"xml": good}
    (at_home / "broken.xml").write_text(good.replace("https://", "ftp://"), encoding="utf-8")
    assert main(["callcenter", "--json", "--check", "broken.xml"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["file"]) == (False, "broken.xml")
    assert told["problems"][0]["where"] == "/reqGeneralInfo/reqAdapterUrl"
