"""What the settings alone tell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.doctor.findings import Grade
from adapter.doctor.settings import settings_findings, version_finding
from adapter.orgfile import orgs_of
from adapter.origins import SALESFORCE_HOSTS
from adapter.settings import Settings
from adapter.settings.environment import load
from tests.doctor.conftest import ORG, texts_of

GOOD = {
    "SOFTPHONE_PUBLIC_URL": "https://softphone.example.com",
    "SOFTPHONE_ORG_ORIGINS": ORG,
    "SOFTPHONE_DIALSTACK_ACCOUNT": "acct_1",
    "SOFTPHONE_DIALSTACK_TOKEN": "sk_1",
    "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": "whsec_9f2c1e7a5b3d8064",
    "SOFTPHONE_LOG_HASH_KEY": "0123456789abcdef",
}


def grades(check: str, **changed: str) -> list[tuple[Grade, str]]:
    """What is found of that check with those variables changed (an empty one is not set)."""
    said = {name: value for name, value in {**GOOD, **changed}.items() if value}
    return texts_of(tuple(settings_findings(said, load(said), orgs_of(load(said)))), check)


def test_good_settings_have_no_failure() -> None:
    """Only the dev sign-in, the one there is without Salesforce's, is remarked on."""
    found = tuple(settings_findings(GOOD, load(GOOD), orgs_of(load(GOOD))))
    assert {f.check for f in found if f.grade is not Grade.OK} <= {"sign-in"}
    checks = {"settings", "public address", "sign-in", "proxies", "secrets", "orgs"}
    assert {f.check for f in found} == checks


def test_an_unknown_variable_is_named_with_the_nearest_known_one() -> None:
    """A slip of the pen is the commonest fault."""
    (grade, text), *_ = grades("settings", SOFTPHONE_WRAPUP_SECONDS="5")
    assert grade is Grade.WARN
    assert "SOFTPHONE_WRAP_UP_SECONDS" in text


def test_the_dev_sign_in_causes_a_warning() -> None:
    """Anybody may be anyone; where others could come, the adapter does not even start."""
    home = grades("sign-in", SOFTPHONE_SIGN_IN="dev", SOFTPHONE_PUBLIC_URL="http://localhost:8080")
    assert home[0][0] is Grade.WARN
    assert grades("sign-in", SOFTPHONE_SIGN_IN="dev")[0][0] is Grade.FAIL


def test_the_salesforce_sign_in_passes() -> None:
    """The settings have been found whole when they were read."""
    whole = {
        "SOFTPHONE_SIGN_IN": "salesforce",
        "SOFTPHONE_ORG_ID": "00D000000000001",
        "SOFTPHONE_SALESFORCE_URL": "https://acme.my.salesforce.com",
        "SOFTPHONE_SIGN_IN_CLIENT_ID": "3MVG9",
    }
    ((without, text),) = grades("sign-in", **whole)
    assert (without, "SOFTPHONE_SIGN_IN_CLIENT_SECRET" in text) == (Grade.WARN, True)
    ((grade, text),) = grades("sign-in", **whole, SOFTPHONE_SIGN_IN_CLIENT_SECRET="cs_1")
    assert (grade, text) == (Grade.OK, "Agents sign in with Salesforce.")


def test_a_proxy_on_another_machine_must_be_named() -> None:
    """Else every agent comes from its address, and shares one limit with strangers."""
    far = {
        "SOFTPHONE_HOST": "0.0.0.0",
        "SOFTPHONE_SIGN_IN": "salesforce",
        "SOFTPHONE_ORG_ID": "00D000000000001",
        "SOFTPHONE_SALESFORCE_URL": "https://acme.my.salesforce.com",
        "SOFTPHONE_SIGN_IN_CLIENT_ID": "3MVG9",
    }
    assert grades("proxies")[0][0] is Grade.OK
    assert grades("proxies", **far)[0][0] is Grade.WARN
    named = grades("proxies", **far, SOFTPHONE_PROXIES="10.0.0.0/24")
    assert named[0][0] is Grade.OK
    assert "10.0.0.0/24" in named[0][1]


@pytest.mark.parametrize(
    ("url", "grade"),
    [
        ("https://softphone.example.com", Grade.OK),
        ("http://localhost:8080", Grade.WARN),
        ("http://softphone.example.com", Grade.FAIL),
    ],
)
def test_the_public_address_must_be_https(url: str, grade: Grade) -> None:
    """Salesforce loads nothing else; on this machine alone it is a trial."""
    assert grades("public address", SOFTPHONE_PUBLIC_URL=url)[0][0] is grade


@pytest.mark.parametrize("variable", ["ACCOUNT", "TOKEN", "WEBHOOK_SECRETS"])
def test_a_missing_secret_is_named_and_no_secret_is_shown(variable: str) -> None:
    """The variable, never a value."""
    found = grades("secrets", **{f"SOFTPHONE_DIALSTACK_{variable}": ""})
    assert [grade for grade, _ in found] == [Grade.FAIL]
    assert f"SOFTPHONE_DIALSTACK_{variable} is not set" in found[0][1]
    assert not re.search("sk_1|whsec_9", found[0][1])


def test_the_outgoing_proxy_is_shown_without_its_password() -> None:
    """Nothing without one."""
    assert grades("outgoing proxy") == []
    ((grade, text),) = grades(
        "outgoing proxy", SOFTPHONE_HTTPS_PROXY="http://ada:p%40ss@proxy:3128"
    )
    assert (grade, "proxy:3128" in text, "ss@" in text) == (Grade.OK, True, False)


def test_a_missing_hash_key_causes_a_warning() -> None:
    """Numbers could not be followed through the logs."""
    assert (Grade.WARN, True) in [
        (grade, "SOFTPHONE_LOG_HASH_KEY" in text)
        for grade, text in grades("secrets", SOFTPHONE_LOG_HASH_KEY="")
    ]


@pytest.mark.parametrize(
    ("origins", "grade", "word"),
    [
        ("", Grade.FAIL, "is empty"),
        ("https://acme.lightning.force.com", Grade.OK, "may show"),
        ("https://acme--dev.sandbox.lightning.force.com", Grade.OK, "may show"),
        ("https://acme.my.salesforce.com", Grade.WARN, "not a Lightning address"),
        ("https://acme.lightning.force.com.evil.example", Grade.FAIL, "not an https address"),
        ("http://127.0.0.1:8081", Grade.WARN, "not a Salesforce org"),
    ],
)
def test_each_org_is_checked(origins: str, grade: Grade, word: str) -> None:
    """By the rule of Open CTI's own library, and by what Lightning says it is."""
    ((found, text),) = grades("orgs", SOFTPHONE_ORG_ORIGINS=origins)
    assert found is grade
    assert word in text


def test_the_page_judges_origins_by_the_same_hosts() -> None:
    """One rule in two languages: the page's list is this one."""
    script = Path(__file__).parents[2] / "web/softphone/parameters.js"
    listed = re.search(r"SALESFORCE = \[(.*?)\]", script.read_text(encoding="utf-8"), re.DOTALL)
    assert listed
    assert tuple(re.findall(r"'([^']+)'", listed[1])) == SALESFORCE_HOSTS


def test_an_asterisk_needs_its_own_secrets() -> None:
    """And none of DialStack's."""
    kind = {"SOFTPHONE_PROVIDER": "asterisk", "SOFTPHONE_DIALSTACK_TOKEN": ""}
    found = grades("secrets", **kind)
    assert [text for _, text in found if "SOFTPHONE_ASTERISK" in text]
    whole = {"SOFTPHONE_ASTERISK_USER": "softphone", "SOFTPHONE_ASTERISK_SECRET": "as_9f2c1e7a"}
    assert any("user and secret are set" in text for _, text in grades("secrets", **kind, **whole))


def at(year: int, month: int) -> int:
    """That month's first day, Unix milliseconds."""
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("version", "now", "grade", "word"),
    [
        ("57.0", at(2023, 2), "ok", "no more than three years"),
        ("57.0", at(2026, 3), "ok", "no more than three years"),
        ("57.0", at(2026, 7), "warn", "the latest is 67.0"),
        ("66.0", at(2026, 11), "ok", "no more than three years"),
        ("69.0", at(2026, 11), "warn", "is not released yet: the latest is 68.0"),
        ("65.0", at(2026, 1), "ok", "no more than three years"),
    ],
)
def test_a_version_is_supported_for_three_years(
    version: str, now: int, grade: str, word: str
) -> None:
    """Three releases a year, from Spring '23 (57.0) on."""
    finding = version_finding(Settings(open_cti_version=version), now)
    assert finding.grade.value == grade
    assert word in finding.text
