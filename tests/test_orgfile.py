"""Several orgs in one deployment: described by a file, strictly apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.drivers import is_configured
from adapter.orgfile import orgs_of
from adapter.orgs import DEV_ORG, Orgs
from adapter.settings import WrongSetting
from adapter.settings.environment import load

ROOT = Path(__file__).parents[1]


def org_text(folder: Path, letter: str, **wishes: str) -> str:
    """One [[org]] of the file, with secrets in files of its own."""
    (folder / f"token-{letter}").write_text(f"sk-{letter}\n")
    (folder / f"hooks-{letter}").write_text(
        f"whsec-9f2c1e7a5b3d{letter}1\nwhsec-9f2c1e7a5b3d{letter}2\n"
    )
    lines = {
        "id": f'"00D00000000000{letter}"',
        "domain": f'"https://{letter}.my.salesforce.com"',
        "client_id": '"3MVG9"',
        "origins": f'["https://{letter}.lightning.force.com"]',
        "account": f'"acct_{letter}"',
        "token_file": f'"{folder}/token-{letter}"',
        "webhook_secrets_file": f'"{folder}/hooks-{letter}"',
        **wishes,
    }
    return "[[org]]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items() if v)


def read(folder: Path, *orgs: str) -> Orgs:
    """The orgs of such a file."""
    (folder / "orgs.toml").write_text("\n".join(orgs))
    variables = {"SOFTPHONE_HTTPS_PROXY": "http://proxy.example:3128"}
    return orgs_of(load(variables, orgs_file=folder / "orgs.toml"))


def test_each_org_has_its_own_account_and_secrets(tmp_path: Path) -> None:
    """Found by id (of 15 or 18 letters) and by the exact origin; the proxy is the deployment's."""
    orgs = read(tmp_path, org_text(tmp_path, "a"), org_text(tmp_path, "b"))
    a = orgs.of_id("00D00000000000aAAA")
    b = orgs.of_origin("https://b.lightning.force.com")
    assert a is not None
    assert b is not None
    assert (a.account, a.telephony.kind, a.telephony.options["token"]) == (
        *("acct_a", "dialstack", "sk-a"),
    )
    assert a.telephony.options["webhook_secrets"].split("\n") == [
        "whsec-9f2c1e7a5b3da1",
        "whsec-9f2c1e7a5b3da2",
    ]
    assert (b.account, b.telephony.options["token"]) == ("acct_b", "sk-b")
    assert a.proxy == b.proxy == "http://proxy.example:3128"
    assert orgs.of_origin("https://b.lightning.force.com/") is None
    assert orgs.of_id("00D00000000000c") is None


def test_the_guides_example_is_valid(tmp_path: Path) -> None:
    """As it stands there, with files of our own in place of those that it names."""
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[\[org\]\].*?)```", guide, re.DOTALL)
    for name in re.findall(r"/run/secrets/([\w.-]+)", example):
        (tmp_path / name).write_text("" if name.endswith(".toml") else f"9f2c1e7a5b3d8064-{name}")
    (org,) = read(tmp_path, example.replace("/run/secrets", str(tmp_path))).all
    assert (org.account, org.salesforce.surface) == ("acct_acme", "open-cti")
    assert org.salesforce.voice is not None
    assert is_configured(org)


def test_each_org_has_the_numbers_that_it_may_show(tmp_path: Path) -> None:
    """Those of its own entry; what is no whole number is refused at the start."""
    ours = {"caller_ids": '["+12025550100"]'}
    orgs = read(tmp_path, org_text(tmp_path, "a", **ours), org_text(tmp_path, "b"))
    assert [org.caller_ids for org in orgs.all] == [("+12025550100",), ()]
    assert orgs_of(load({}, caller_ids=("+12025550101",))).all[0].caller_ids == ("+12025550101",)
    with pytest.raises(WrongSetting, match="must be a full number"):
        read(tmp_path, org_text(tmp_path, "a", caller_ids='["0202 5550100"]'))


def test_no_secret_shows_in_an_orgs_text(tmp_path: Path) -> None:
    """repr() leaves them out."""
    text = repr(read(tmp_path, org_text(tmp_path, "a")).all)
    assert "sk-a" not in text
    assert "whsec" not in text


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"account": '"acct_a"'}, "the account acct_a is listed 2 times"),
        ({"id": '"00D00000000000aAAA"'}, "the id 00D00000000000a is listed 2 times"),
        ({"domain": '"https://a.my.salesforce.com"'}, "the domain"),
        ({"origins": '["https://a.lightning.force.com"]'}, "the origin"),
        ({"webhook_secrets_file": '"{folder}/hooks-a"'}, "share a webhook secret"),
        ({"id": '"005"'}, "is not an org id"),
        ({"origins": '["*"]'}, "is not an origin"),
        ({"origins": "[]"}, "needs origins"),
        ({"domain": '"https://b.example/path"'}, "is not an origin"),
        ({"tokens": '"sk"'}, "has no tokens"),
        ({"account": ""}, "needs account"),
        ({"token_file": '"/nowhere"'}, "No such file"),
        ({"origins": '"https://b.lightning.force.com"'}, "origins must be a list of texts"),
        ({"id": "5"}, "id must be a text in quotation marks"),
        (
            {"salesforce": '"lwc"'},
            r"salesforce must be a table that begins with \[org.salesforce\]",
        ),
    ],
)
def test_ambiguous_orgs_are_refused(tmp_path: Path, wishes: dict[str, str], said: str) -> None:
    """With a sentence that names the variable, the file and the fault."""
    wishes = {name: value.replace("{folder}", str(tmp_path)) for name, value in wishes.items()}
    with pytest.raises(WrongSetting, match=said) as wrong:
        read(tmp_path, org_text(tmp_path, "a"), org_text(tmp_path, "b", **wishes))
    assert str(wrong.value).startswith("SOFTPHONE_ORGS_FILE: ")


def test_a_webhook_secret_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    """One org's weak secret would let strangers end its calls."""
    one = org_text(tmp_path, "a")
    (tmp_path / "hooks-a").write_text("whsec_demo\n")
    with pytest.raises(WrongSetting, match="a webhook secret of 00D00000000000a is a sample"):
        read(tmp_path, one)


def test_a_token_that_does_not_fit_a_header_is_refused(tmp_path: Path) -> None:
    """The file is named, and not what is in it."""
    one = org_text(tmp_path, "a")
    (tmp_path / "token-a").write_text("sk_hush\nsk_2\n")
    with pytest.raises(WrongSetting, match="token_file: its content must be one word") as wrong:
        read(tmp_path, one)
    assert "hush" not in str(wrong.value)


def test_every_wrong_org_is_reported_with_its_position(tmp_path: Path) -> None:
    """A line each, as for variables."""
    good = org_text(tmp_path, "a")
    bad = [org_text(tmp_path, "b", id="5"), org_text(tmp_path, "c", token_file='"/nowhere"')]
    with pytest.raises(WrongSetting) as wrong:
        read(tmp_path, good, *bad)
    begin = f"SOFTPHONE_ORGS_FILE: {tmp_path}/orgs.toml: [[org]]"
    assert str(wrong.value).splitlines() == [
        f"{begin} 2: id must be a text in quotation marks",
        f"{begin} 3: cannot read /nowhere: No such file or directory",
    ]


@pytest.mark.parametrize("text", ["", "[[org", "org = 5", "[[org]]\n", '[org]\nid = "00D"\n'])
def test_a_file_without_orgs_is_refused(tmp_path: Path, text: str) -> None:
    """Nobody would get in."""
    with pytest.raises(WrongSetting, match="SOFTPHONE_ORGS_FILE"):
        read(tmp_path, text)


def test_without_a_file_the_variables_describe_the_one_org() -> None:
    """In development its id is made up."""
    (org,) = orgs_of(load({}, org_origins="https://a.example", dialstack_account="acct")).all
    assert (org.org_id, org.account, org.origins) == (DEV_ORG, "acct", ("https://a.example",))
    assert not is_configured(org)


TELEPHONY = """
[org.telephony]
kind = "dialstack"
account = "acct_x"
token_file = "{folder}/token-x"
webhook_secrets_file = "{folder}/hooks-x"
"""
NEW = {"account": "", "token_file": "", "webhook_secrets_file": ""}


def test_the_provider_has_a_table_of_its_own(tmp_path: Path) -> None:
    """The words beside the org's id still mean the same; what neither says is as the variables."""
    x = org_text(tmp_path, "x", **NEW) + TELEPHONY.format(folder=tmp_path)
    orgs = read(tmp_path, x, org_text(tmp_path, "y"))
    one, other = (org.telephony for org in orgs.all)
    assert (one.kind, one.account, one.options["token"]) == ("dialstack", "acct_x", "sk-x")
    assert one.options.keys() == other.options.keys()
    assert one.options["url"] == other.options["url"] == "https://api.dialstack.ai"


@pytest.mark.parametrize(
    ("url", "app", "is_allowed"),
    [
        ("https://pbx.example", "softphone", False),
        ("https://PBX.example/", "softphone", False),
        ("https://pbx.example", "sandbox", True),
        ("https://other.example", "softphone", True),
    ],
)
def test_two_orgs_may_not_be_the_same_application_of_an_asterisk(
    tmp_path: Path, url: str, app: str, is_allowed: bool
) -> None:
    """Asterisk gives an application's calls to the last that connects: they would take turns."""
    (tmp_path / "ari").write_text("ari-secret")
    none = {"account": "", "token_file": "", "webhook_secrets_file": ""}
    table = '[org.telephony]\nkind = "asterisk"\nuser = "u"\nsecret_file = "{}/ari"\n'
    pbx = table.format(tmp_path) + 'account = "{}"\nurl = "{}"\napp = "{}"\n'
    one = org_text(tmp_path, "x", **none) + pbx.format("one", "https://pbx.example", "softphone")
    other = org_text(tmp_path, "y", **none) + pbx.format("two", url, app)
    if is_allowed:
        assert len(read(tmp_path, one, other).all) == 2
    else:
        said = "Asterisk application softphone of https://pbx.example is listed 2 times"
        with pytest.raises(WrongSetting, match=said):
            read(tmp_path, one, other)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            '[org.salesforce]\nsurface = "pager"',
            "surface must be open-cti, lwc or voice, not 'pager'",
        ),
        ('[org.salesforce]\ncolour = "red"', "has no colour; it accepts"),
        ('[org.salesforce]\nclient_id = "3MVG9"', "client_secret_file, or neither"),
        ('[org.salesforce]\ntask_extra_fields = ["Subject=x"]', "must be Field=value"),
        ("telephony = 5", "SOFTPHONE_ORGS_FILE"),
    ],
)
def test_an_unknown_key_of_an_org_is_refused(tmp_path: Path, table: str, said: str) -> None:
    """With a sentence."""
    with pytest.raises(WrongSetting, match=said):
        read(tmp_path, org_text(tmp_path, "a") + table + "\n")


def test_an_org_may_have_a_contact_center_of_its_own(tmp_path: Path) -> None:
    """All three of its settings, or none: a half one would lose records."""
    (tmp_path / "key.pem").write_text("pem")
    table = f"""
[org.salesforce]
voice_url = "https://acme.my.salesforce-scrt.com"
voice_contact_center = "SoftphoneVoice"
voice_key_file = "{tmp_path}/key.pem"
"""
    path = tmp_path / "orgs.toml"
    path.write_text(org_text(tmp_path, "a") + table)
    (org,) = orgs_of(load({}, orgs_file=path)).all
    assert org.salesforce.voice is not None
    assert org.salesforce.voice.key == "pem"
    assert "pem" not in repr(org.salesforce.voice.url) + repr(org.salesforce).replace("key.pem", "")
    path.write_text(org_text(tmp_path, "a") + table.replace("voice_key_file", "#"))
    with pytest.raises(WrongSetting, match="or none of them"):
        orgs_of(load({}, orgs_file=path))
