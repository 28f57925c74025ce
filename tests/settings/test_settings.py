"""Settings: every variable, files for secrets, `.env`, and sentences that name what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapter.core.numbers.phone import DialRules
from adapter.core.policy import Policy
from adapter.settings import PREFIX, Settings, WrongSetting
from adapter.settings.environment import load

ROOT = Path(__file__).resolve().parents[2]

SECRET = "whsec_" + "9f2c1e7a5b3d8064"

SAID: Mapping[str, tuple[str, object]] = {
    "public_url": ("HTTPS://Phone.Example.com:443/", "https://phone.example.com"),
    "host": ("::1", "::1"),
    "port": ("0", 0),
    "database_url": ("postgresql://db/softphone", "postgresql://db/softphone"),
    "sign_in": ("dev", "dev"),
    "org_id": ("00D000000000001AAA", "00D000000000001AAA"),
    "sign_in_client_id": ("3MVG9", "3MVG9"),
    "sign_in_client_secret": ("cs_2", SecretStr("cs_2")),
    "orgs_file": ("orgs.toml", Path("orgs.toml")),
    "supervisors": ("ada@example.com,", ("ada@example.com",)),
    "https_proxy": ("http://ada:p%40ss@proxy:3128", SecretStr("http://ada:p%40ss@proxy:3128")),
    "proxies": ("10.0.0.0/8,2001:db8::1", ("10.0.0.0/8", "2001:db8::1")),
    "replica_address": ("10.0.0.7:8090", "10.0.0.7:8090"),
    "sockets_per_address": ("5", 5),
    "delivery_days": ("7", 7),
    "call_days": ("365", 365),
    "org_origins": (
        "https://A.lightning.force.com:443/, http://127.0.0.1:8081",
        ("https://a.lightning.force.com", "http://127.0.0.1:8081"),
    ),
    "provider": ("dialstack", "dialstack"),
    "dialstack_url": ("http://127.0.0.1:8082/", "http://127.0.0.1:8082"),
    "dialstack_token": ("sk_1", SecretStr("sk_1")),
    "dialstack_account": ("acct_1", "acct_1"),
    "dialstack_user_field": ("user_id", "user_id"),
    "dialstack_tolerance_seconds": ("14400", 14_400),
    "dialstack_webhook_secrets": (f"{SECRET},{SECRET}2", SecretStr(f"{SECRET},{SECRET}2")),
    "asterisk_url": ("https://pbx.example.com:8089/", "https://pbx.example.com:8089"),
    "asterisk_user": ("softphone", "softphone"),
    "asterisk_secret": ("as_1", SecretStr("as_1")),
    "asterisk_app": ("cti", "cti"),
    "asterisk_device": ("PJSIP/{user}&PJSIP/99{user}", "PJSIP/{user}&PJSIP/99{user}"),
    "asterisk_outside": ("PJSIP/{number}@out", "PJSIP/{number}@out"),
    "asterisk_inside": ("Local/{number}@inside", "Local/{number}@inside"),
    "asterisk_identity": ("+15550009999", "+15550009999"),
    "asterisk_identity_name": ("Example Ltd", "Example Ltd"),
    "asterisk_emergency": ("yes", True),
    "asterisk_cel_url": ("sqlite:///cel.db", SecretStr("sqlite:///cel.db")),
    "asterisk_cel_utc": ("true", True),
    "asterisk_browser_phone": ("yes", True),
    "asterisk_browser_codecs": ("opus,ulaw", "opus,ulaw"),
    "asterisk_browser_return_seconds": ("20", 20),
    "asterisk_ring_seconds": ("20", 20),
    "asterisk_dial_seconds": ("30", 30),
    "asterisk_call_limit_seconds": ("3600", 3600),
    "asterisk_recording": ("on-demand", "on-demand"),
    "asterisk_recording_pause": ("true", True),
    "asterisk_device_state": ("Stasis:{user}", "Stasis:{user}"),
    "asterisk_turn_urls": ("turn:t.example:3478?transport=udp,stun:s.example",) * 2,
    "asterisk_turn_secret": ("ts_1", SecretStr("ts_1")),
    "directory_file": ("agents.toml", Path("agents.toml")),
    "panel_file": ("panel.toml", Path("panel.toml")),
    "default_region": ("GB", "GB"),
    "regions": ("DE, AT,", ("DE", "AT")),
    "premium_numbers": ("true", True),
    "satellite_numbers": ("1", True),
    "allow_numbers": ("+49800", ("+49800",)),
    "deny_numbers": ("+1900,+44", ("+1900", "+44")),
    "extension_digits": ("3-3", "3-3"),
    "dial_plans": ("US:9/1/011,0//00", ("US:9/1/011", "0//00")),
    "ring_profiles": ("mobile, desk", ("mobile", "desk")),
    "caller_ids": ("+12025550100", ("+12025550100",)),
    "dials_per_minute": ("1", 1),
    "dials_per_hour": ("7", 7),
    "check_salesforce_user": ("true", True),
    "dials_per_minute_per_org": ("50", 50),
    "confirm_repeat_seconds": ("25", 25.0),
    "outcome_seconds": ("1.5", 1.5),
    "ring_seconds": ("20", 20.0),
    "dial_seconds": ("90", 90.0),
    "bridged_check_seconds": ("60", 60.0),
    "cdr_wait_seconds": ("2", 2.0),
    "wrap_up_seconds": ("0", 0.0),
    "dial_while_wrap_up": ("yes", True),
    "log_missed_calls": ("no", False),
    "task_status": ("Done", "Done"),
    "open_cti_version": ("60.0", "60.0"),
    "task_first_line": ("{direction} {number}", "{direction} {number}"),
    "task_after_wrap_up": ("true", True),
    "task_extra_fields": ("Type=Call,Channel__c=a=b", ("Type=Call", "Channel__c=a=b")),
    "dispositions": ("busy=Engaged", ("busy=Engaged",)),
    "read_back": ("on", True),
    "read_back_class": ("acme.CallLog", "acme.CallLog"),
    "salesforce_url": ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
    "salesforce_client_id": ("3MVG", "3MVG"),
    "salesforce_client_secret": ("cs_1", SecretStr("cs_1")),
    "report_seconds": ("10", 10.0),
    "journal_seconds": ("11", 11.0),
    "read_back_seconds": ("0,0.5,86400", ("0", "0.5", "86400")),
    "voice_url": ("https://acme.my.salesforce-scrt.com/", "https://acme.my.salesforce-scrt.com"),
    "voice_contact_center": ("SoftphoneVoice", "SoftphoneVoice"),
    "voice_key": ("pem", SecretStr("pem")),
    "voice_certificate": ("/run/voice.pem", Path("/run/voice.pem")),
    "voice_audience": ("https://api.example", "https://api.example"),
    "voice_library": ("/opt/scv-connector-base.js", Path("/opt/scv-connector-base.js")),
    "log_level": ("debug", "debug"),
    "log_hash_key": ("k", SecretStr("k")),
}
"""Each setting by a value that is not its default, as text and as it is read."""


def test_the_table_of_this_file_has_every_setting() -> None:
    """A new setting needs a line here, or nothing proves that it is read."""
    assert SAID.keys() == Settings.model_fields.keys()


@pytest.mark.parametrize("name", SAID)
def test_each_variable_is_read(name: str) -> None:
    """SOFTPHONE_<NAME> sets the field of that name, and only that one."""
    text, value = SAID[name]
    settings = load({PREFIX + name.upper(): text})
    assert getattr(settings, name) == value
    others = {n: getattr(settings, n) for n in SAID if n != name}
    assert others == {n: getattr(load({}), n) for n in others}


@pytest.mark.parametrize("name", SAID)
def test_the_example_environment_has_the_default_of_each_setting(name: str) -> None:
    """The value behind the comment sign in .env.example is what happens without it."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    line = re.search(rf"^# {PREFIX}{name.upper()}=(.*)$", text, re.MULTILINE)
    assert line is not None
    assert getattr(load({PREFIX + name.upper(): line[1]}), name) == getattr(load({}), name)


def test_each_line_of_the_example_environment_follows_its_explanation() -> None:
    """Before every variable stands one line of comment that is none itself."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for before, line in pairwise(lines)
        if line.startswith(f"# {PREFIX}")
        and not re.match(rf"# (?!{PREFIX}|---)[A-Z].*[^=]$", before)
    ]
    assert bare == []


# --- secrets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["sk_1\nsk_2", "sk_hush 1", "sk_hüsh"])
def test_a_token_that_does_not_fit_a_header_is_refused(token: str) -> None:
    """It would start, and each call would fail as if the provider could not be reached."""
    with pytest.raises(WrongSetting) as caught:
        load({"SOFTPHONE_DIALSTACK_TOKEN": token})
    expected = "SOFTPHONE_DIALSTACK_TOKEN: must be one word of plain characters"
    assert str(caught.value) == f"{expected}: copy it again, on one line"


def test_no_secret_shows_in_the_settings_text() -> None:
    """repr() and str() say stars."""
    secrets = [name for name, (_, value) in SAID.items() if isinstance(value, SecretStr)]
    texts = {PREFIX + name.upper(): f"hush-{name}" for name in secrets}
    settings = load(texts | {"SOFTPHONE_HTTPS_PROXY": "http://ada:hush@proxy:3128"})
    assert len(secrets) == 10
    assert "hush" not in repr(settings) + str(settings)


# --- what is wrong ----------------------------------------------------------------------------

OUTCOMES = (
    "completed, busy, no-answer, rejected, unreachable, wrong-number, failed, voicemail, "
    "answered, missed"
)
URL = "must be an http or https address, such as https://phone.example.com"
REGION = "must be a country code of two capital letters, such as US, DE or GB"
ORIGIN = "is not an origin, such as https://acme.lightning.force.com, without a path"
FIELD = "must be a Task field that you may set and its value: Type=Call"
SECONDS = "is not a number of seconds from 0 to 86400"
EXTENSIONS = "must be the shortest and longest length of an extension, such as 2-6, or none"
PREFIXES = "must be + and digits, such as +49900"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("PUBLIC_URL", "phone.example.com", URL),
        ("DIALSTACK_URL", "ftp://example.com", URL),
        ("SALESFORCE_URL", "acme", URL),
        ("PUBLIC_URL", "https://x:0", URL),
        ("PUBLIC_URL", "https://x:99999", "Port out of range 0-65535"),
        ("PORT", "70000", "must be less than or equal to 65535"),
        ("PORT", "http", "must be a whole number (it is 'http')"),
        ("SIGN_IN", "none", "must be 'dev'"),
        ("ORG_ORIGINS", "https://a.example/one", f"'https://a.example/one' {ORIGIN}"),
        ("ORG_ORIGINS", "http://a.example", f"'http://a.example' {ORIGIN}"),
        ("DIALSTACK_URL", "http://api.dialstack.ai", "must be https, except on this machine"),
        ("ASTERISK_URL", "http://pbx.example.com:8088", "must be https, except on this machine"),
        ("SALESFORCE_URL", "http://acme.my.salesforce.com", "must be https"),
        ("SALESFORCE_URL", "https://acme.my.salesforce.com/one", "must be without a path"),
        ("PUBLIC_URL", "https://phone.example.com/softphone", "must be without a path"),
        ("PUBLIC_URL", "https://ada@phone.example.com", URL),
        ("PUBLIC_URL", "https://phone.example.com?x=1", URL),
        ("PUBLIC_URL", "https://phone.example.com\\@evil.example", URL),
        ("SUPERVISORS", "a@x.example; b@x.example", "'a@x.example; b@x.example' is not one e-mail"),
        ("SUPERVISORS", "ada", "'ada' is not one e-mail address"),
        ("REPLICA_ADDRESS", "10.0.0.7", "must be the host and port at which other replicas"),
        ("PROXIES", "0.0.0.0/0", "'0.0.0.0/0' is not an IP address or a network"),
        ("PROXIES", "10.0.0.0/33", "'10.0.0.0/33' is not an IP address or a network"),
        ("ORG_ORIGINS", "a.example", f"'a.example' {ORIGIN}"),
        ("ORG_ORIGINS", "https://u@a.example", f"'https://u@a.example' {ORIGIN}"),
        ("ORG_ORIGINS", "https://a;script-src *", f"'https://a;script-src *' {ORIGIN}"),
        ("DIALSTACK_USER_FIELD", "id", "must be 'user' or 'user_id'"),
        ("DEFAULT_REGION", "us", f"'us' {REGION}"),
        ("DEFAULT_REGION", "UK", f"'UK' {REGION}"),
        ("REGIONS", "DE,Germany", f"'Germany' {REGION}"),
        ("ALLOW_NUMBERS", "x800", f"'x800' {PREFIXES}"),
        ("REGIONS", "all,DE", f"'all' {REGION}"),
        ("DIAL_PLANS", "9", "'9' must be the prefixes for outside lines"),
        ("DIAL_PLANS", "*72/1/011", "'*72/1/011' must be the prefixes"),
        ("DIAL_PLANS", "ZZ:9/1/011", "'ZZ:9/1/011' must be the prefixes"),
        ("DIAL_PLANS", "//", "'//' must be the prefixes"),
        ("DENY_NUMBERS", "+1-900", f"'+1-900' {PREFIXES}"),
        ("EXTENSION_DIGITS", "6-2", EXTENSIONS),
        ("EXTENSION_DIGITS", "4", EXTENSIONS),
        ("DIALS_PER_MINUTE", "0", "must be greater than or equal to 1"),
        ("DIALS_PER_MINUTE_PER_ORG", "-1", "must be greater than or equal to 0"),
        ("RING_SECONDS", "-1", "must be greater than or equal to 0"),
        ("RING_SECONDS", "nan", "must be a finite number"),
        ("WRAP_UP_SECONDS", "86401", "must be less than or equal to 86400"),
        ("LOG_MISSED_CALLS", "maybe", "must be true or false (it is 'maybe')"),
        ("RING_SECONDS", "40s", "must be a number (it is '40s')"),
        ("ASTERISK_APP", "soft phone", "must look like softphone (it is 'soft phone')"),
        ("ASTERISK_TURN_URLS", "turn.example.com", "must look like turn:turn.example.com:3478"),
        ("ASTERISK_BROWSER_CODECS", "ulaw, alaw", "must look like ulaw,alaw (it is"),
        ("VOICE_CONTACT_CENTER", "1 Center", "must look like Softphone_Voice (it is"),
        ("OPEN_CTI_VERSION", "57", "must look like 57.0 (it is '57')"),
        ("TASK_FIRST_LINE", "x" * 300, f"must have at most 255 characters (it is '{'x' * 80}…')"),
        ("DATABASE_URL", "sqlite:///", "must be sqlite:///path without ? and %, or postgresql:"),
        ("DATABASE_URL", "sqlite:///x.db?mode=ro", "must be sqlite:///path without ? and %"),
        ("DATABASE_URL", "sqlite:///50%25.db", "must be sqlite:///path without ? and %"),
        ("DATABASE_URL", "mysql://u:hush@db", "must be sqlite:///path"),
        ("DATABASE_URL", "postgresql://u:hush@db:many/x", "must be sqlite:///path"),
        ("DATABASE_URL", "postgresql://u:hu%sh@db/x", "must be sqlite:///path"),
        ("DATABASE_URL", "postgresql://u:hu#sh@db/x", "must be sqlite:///path"),
        ("DATABASE_URL", "postgresql://[::1/x", "must be sqlite:///path"),
        ("TASK_EXTRA_FIELDS", "Type", f"'Type' {FIELD}"),
        ("TASK_EXTRA_FIELDS", "Type=", f"'Type=' {FIELD}"),
        ("TASK_EXTRA_FIELDS", "A B=1", f"'A B=1' {FIELD}"),
        ("TASK_EXTRA_FIELDS", "OwnerId=005", f"'OwnerId=005' {FIELD}"),
        ("TASK_EXTRA_FIELDS", "callObject=1", f"'callObject=1' {FIELD}"),
        ("TASK_EXTRA_FIELDS", "entityApiName=Event", f"'entityApiName=Event' {FIELD}"),
        ("DISPOSITIONS", "engaged=Busy", f"'engaged=Busy' must be outcome=text, where the "
         f"outcome is one of {OUTCOMES}"),
        ("DISPOSITIONS", "busy", "'busy' must be outcome=text"),
        ("READ_BACK_SECONDS", "30,soon", f"'soon' {SECONDS}"),
        ("READ_BACK_SECONDS", "-1,30", f"'-1' {SECONDS}"),
        ("READ_BACK_SECONDS", "inf", f"'inf' {SECONDS}"),
        ("READ_BACK_SECONDS", "60,30", "must be ascending, such as 30,60,120,330"),
        ("READ_BACK_SECONDS", "30,30", "must be ascending, such as 30,60,120,330"),
        ("LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error'"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_what_it_should_be(
    name: str, text: str, sentence: str
) -> None:
    """WrongSetting starts with the variable and says in plain words what to write."""
    with pytest.raises(WrongSetting) as caught:
        load({PREFIX + name: text})
    assert str(caught.value).startswith(f"{PREFIX}{name}: {sentence}")


def test_all_wrong_settings_are_reported_at_once() -> None:
    """A line each, whichever way it is wrong: nobody has to start it once for each mistake."""
    with pytest.raises(WrongSetting) as caught:
        load(
            {
                "SOFTPHONE_PORT": "x",
                "SOFTPHONE_LOG_HASH_KEY_FILE": "/no/such/file",
                "SOFTPHONE_TASK_STATUS": '"Done"',
                "SOFTPHONE_HOST": "0.0.0.0",
                "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": "x7",
                "SOFTPHONE_ORG_IDD": "00D000000000001",
            },
            ring_seconds=-1,
        )
    variables = [re.split("[:= ]", line, maxsplit=1)[0] for line in str(caught.value).splitlines()]
    assert sorted(name.removeprefix(PREFIX) for name in variables) == [
        "DIALSTACK_WEBHOOK_SECRETS",
        "LOG_HASH_KEY_FILE",
        "ORG_IDD",
        "PORT",
        "RING_SECONDS",
        "SIGN_IN",
        "TASK_STATUS",
    ]


@pytest.mark.parametrize("url", ["postgres:hush@db", "mysql://u:hush@db", "https://u:hush@x"])
def test_a_password_in_an_address_is_not_shown(url: str) -> None:
    """The sentence goes into logs and into chats."""
    for name in ("DATABASE_URL", "PUBLIC_URL", "ASTERISK_URL"):
        with pytest.raises(WrongSetting) as caught:
            load({PREFIX + name: url})
        assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://phone.example.com",
        "http://192.168.1.7:8080",
        "https://localhost.example.com",
        "https://127.0.0.1.example.com",
        "https://[2001:db8::1]",
        "https://127.1",
    ],
)
def test_the_dev_sign_in_refuses_an_address_that_others_reach(url: str) -> None:
    """A proxy in front of loopback lets the world in; the public address tells of one."""
    with pytest.raises(WrongSetting, match="SOFTPHONE_PUBLIC_URL to be a loopback address"):
        load({"SOFTPHONE_PUBLIC_URL": url}).demand_safe_to_serve()


def test_replicas_forward_only_with_a_shared_database() -> None:
    """Each has an SQLite file of its own: what the other decides is lost on it."""
    told = {"SOFTPHONE_REPLICA_ADDRESS": "10.0.0.7:8090"}
    with pytest.raises(WrongSetting, match="SOFTPHONE_DATABASE_URL to its address"):
        load(told).demand_safe_to_serve()
    load({**told, "SOFTPHONE_DATABASE_URL": "postgres://db/softphone"}).demand_safe_to_serve()


@pytest.mark.parametrize("url", ["http://localhost:8080", "https://127.0.0.1", "http://[::1]:80"])
def test_the_dev_sign_in_serves_this_machine(url: str) -> None:
    """With TLS or without."""
    load({"SOFTPHONE_PUBLIC_URL": url}).demand_safe_to_serve()


def test_the_defaults_are_those_of_the_policy() -> None:
    """Without settings it behaves as the core does by itself, less what runs up a bill."""
    home = DialRules(regions=frozenset({"US"}), home_region="US")
    assert load({}).policy() == Policy(per_minute_org=300, dial=home)


def test_seconds_become_milliseconds() -> None:
    """Settings are in seconds, the core's numbers in milliseconds."""
    names = ["outcome", "ring", "dial", "bridged_check", "cdr_wait", "wrap_up", "report", "journal"]
    told = {f"SOFTPHONE_{name.upper()}_SECONDS": f"{n}.5" for n, name in enumerate(names)}
    policy = load({**told, "SOFTPHONE_READ_BACK_SECONDS": "1,2.5"}).policy()
    assert (policy.outcome_ms, policy.ring_ms, policy.dial_ms) == (500, 1500, 2500)
    assert (policy.bridged_ms, policy.cdr_wait_ms, policy.wrapup_ms) == (3500, 4500, 5500)
    assert (policy.save.report_ms, policy.save.journal_ms) == (6500, 7500)
    assert policy.save.read_back_at == (1000, 2500)


def test_switches_and_limits_reach_the_policy() -> None:
    """Each switch turns the thing of its name, away from its default."""
    names = ["dial_while_wrap_up", "log_missed_calls", "dials_per_minute", "dials_per_hour"]
    names += ["dials_per_minute_per_org", "confirm_repeat_seconds"]
    told = {PREFIX + name.upper(): SAID[name][0] for name in [*names, "read_back"]}
    policy = load(told).policy()
    assert (policy.dial_while_wrapup, policy.log_missed) == (True, False)
    assert (policy.per_minute, policy.per_hour, policy.save.read_back) == (1, 7, True)
    assert (policy.per_minute_org, policy.repeat_ms) == (50, 25_000)


def test_a_public_address_is_normalized_as_browsers_do() -> None:
    """An Origin is compared letter by letter: capitals and usual ports would match no browser's."""
    said = {"SOFTPHONE_PUBLIC_URL": "HTTPS://Phone.Example.COM:443/"}
    assert load(said).public_origin == "https://phone.example.com"


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_to_listen_on_may_be_in_brackets(host: str) -> None:
    """As in an address; a socket takes it without."""
    assert load({"SOFTPHONE_HOST": host}).host == "::1"


def test_surrounding_spaces_and_trailing_slashes_are_accepted() -> None:
    """What a copy from a browser or a form brings along is taken off."""
    settings = load(
        {
            "SOFTPHONE_ORG_ID": " 00D000000000001AAA ",
            "SOFTPHONE_ORG_ORIGINS": "https://acme.lightning.force.com/ ",
            "SOFTPHONE_SALESFORCE_URL": " https://acme.my.salesforce.com/",
            "SOFTPHONE_LOG_LEVEL": "debug\r",
        }
    )
    assert (settings.org_id, settings.log_level) == ("00D000000000001AAA", "debug")
    assert settings.org_origins == ("https://acme.lightning.force.com",)
    assert settings.salesforce_url == "https://acme.my.salesforce.com"


def test_a_wrong_org_id_is_explained() -> None:
    """An admin is sent to where it stands, and is shown no regular expression."""
    with pytest.raises(WrongSetting) as caught:
        load({"SOFTPHONE_ORG_ID": "acme"})
    assert "SOFTPHONE_ORG_ID" in str(caught.value)
    assert "Company Information" in str(caught.value)
    assert "[A-Za-z" not in str(caught.value)
