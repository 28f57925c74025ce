"""What settings must be to fit together: who may sign in, who may reach it, which secrets hold."""

from __future__ import annotations

import pytest

from adapter.settings import WrongSetting
from adapter.settings.environment import load

SECRET = "whsec_" + "9f2c1e7a5b3d8064"

SALESFORCE = {
    "sign_in": "salesforce",
    "public_url": "https://phone.example.com",
    "host": "0.0.0.0",
    "org_id": "00D000000000001",
    "salesforce_url": "https://acme.my.salesforce.com",
    "sign_in_client_id": "3MVG9",
}


def test_a_wrong_setting_causes_no_further_errors() -> None:
    """What it should have been is not known, so nobody is told what would not fit to it."""
    with pytest.raises(WrongSetting) as caught:
        load({"SOFTPHONE_HOST": "0.0.0.0", "SOFTPHONE_SIGN_IN": "salesforec"})
    wrong = "SOFTPHONE_SIGN_IN: must be 'dev' or 'salesforce' (it is 'salesforec')"
    assert str(caught.value) == wrong


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "phone.example.com"])
def test_the_dev_sign_in_refuses_to_listen_beyond_loopback(host: str) -> None:
    """Anybody may be anyone there, so nobody else may reach it."""
    with pytest.raises(WrongSetting) as caught:
        load({"SOFTPHONE_HOST": host})
    expected = (
        "SOFTPHONE_SIGN_IN=dev lets anybody sign in as anyone, so it requires SOFTPHONE_HOST "
        f"to be a loopback address such as 127.0.0.1, not {host}"
    )
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    "secrets", ["x7", "whsec_demo", f"{SECRET},whsec_secret1234", "aaaaaaaaaaaaaaaaaaaaaaaa"]
)
def test_a_webhook_secret_that_can_be_guessed_is_refused(secrets: str) -> None:
    """Whoever knows it tells of calls that there were not; it is not shown in the sentence."""
    with pytest.raises(WrongSetting, match="SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS: one") as wrong:
        load({"SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS": secrets})
    assert secrets.rsplit(",", maxsplit=1)[-1] not in str(wrong.value)


def test_a_simulated_providers_secret_may_be_known() -> None:
    """As long as pages and provider are on this machine, and nobody else's calls are in it."""
    home = {"dialstack_webhook_secrets": "whsec_demo", "dialstack_url": "http://127.0.0.1:8082"}
    assert load({}, **home).webhook_secrets == ("whsec_demo",)
    with pytest.raises(WrongSetting, match="WEBHOOK_SECRETS"):
        load({}, **{**SALESFORCE, **home})


def test_with_the_salesforce_sign_in_the_adapter_may_listen_on_all_addresses() -> None:
    """What the dev sign-in may not."""
    assert load({}, **SALESFORCE).host == "0.0.0.0"


@pytest.mark.parametrize("name", ["org_id", "salesforce_url", "sign_in_client_id"])
def test_the_salesforce_sign_in_needs_its_org(name: str) -> None:
    """The missing variable is named; a file of orgs takes its place."""
    with pytest.raises(WrongSetting, match=f"SOFTPHONE_{name.upper()}"):
        load({}, **{**SALESFORCE, name: ""})
    assert load({}, **{**SALESFORCE, name: "", "orgs_file": "orgs.toml"}).orgs_file


def test_the_salesforce_sign_in_needs_https() -> None:
    """Except on this machine, where browsers take plain http for secure."""
    with pytest.raises(WrongSetting, match="must be https"):
        load({}, **{**SALESFORCE, "public_url": "http://phone.example.com"})
    local = load({}, **{**SALESFORCE, "public_url": "http://localhost:8080"})
    assert local.public_origin == "http://localhost:8080"
