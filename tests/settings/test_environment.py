"""Where settings come from: variables, files that they name, `.env`; and variables of nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.settings import PREFIX, Settings, WrongSetting
from adapter.settings.environment import environment, ignored_variables, load


def test_the_environment_of_the_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What load() is given is all that it reads."""
    monkeypatch.setenv("SOFTPHONE_PORT", "99")
    assert load({}).port == 8080


def test_overrides_win_over_variables() -> None:
    """The demo's own values are stronger than the environment's."""
    assert load({"SOFTPHONE_PORT": "1"}, port=2).port == 2
    assert (
        load({"SOFTPHONE_PORT": '"1"', "SOFTPHONE_HOST_FILE": "/no"}, port=2, host="::1").port == 2
    )


def test_an_empty_variable_counts_as_unset() -> None:
    """Compose files pass empty values on for what nobody has set."""
    assert load({"SOFTPHONE_PORT": "", "SOFTPHONE_DIRECTORY_FILE": ""}) == load({})


# --- files that variables name ----------------------------------------------------------------


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """SOFTPHONE_…_FILE names a file; white space around its content is none of the secret."""
    (tmp_path / "token").write_text("sk_live_1\n", encoding="utf-8")
    settings = load({"SOFTPHONE_DIALSTACK_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.dialstack_token.get_secret_value() == "sk_live_1"


def test_the_variable_itself_wins_over_its_file() -> None:
    """A file that is not needed is not even opened."""
    told = {"SOFTPHONE_DIALSTACK_TOKEN": "a", "SOFTPHONE_DIALSTACK_TOKEN_FILE": "/no/such/file"}
    assert load(told).dialstack_token.get_secret_value() == "a"


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The sentence has the variable, the path and the system's reason."""
    missing = tmp_path / "none"
    with pytest.raises(WrongSetting) as caught:
        load({"SOFTPHONE_LOG_HASH_KEY_FILE": str(missing)})
    expected = f"SOFTPHONE_LOG_HASH_KEY_FILE: cannot read {missing}: No such file or directory"
    assert str(caught.value) == expected


def test_a_secret_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are a wrong file, not a traceback."""
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongSetting, match=r"SOFTPHONE_LOG_HASH_KEY_FILE: .* is not UTF-8 text"):
        load({"SOFTPHONE_LOG_HASH_KEY_FILE": str(tmp_path / "key")})


# --- .env -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    return tmp_path


def test_a_dotenv_file_is_read_with_the_real_environment(folder: Path) -> None:
    """Quotes and comments are the file's, a dollar sign is the value's."""
    text = '# mine\nSOFTPHONE_PORT=1234\nSOFTPHONE_TASK_STATUS="All done"\nSOFTPHONE_HOST\n'
    (folder / ".env").write_text(text + "SOFTPHONE_DIALSTACK_TOKEN=a${HOME}b\n", encoding="utf-8")
    settings = load()
    assert (settings.port, settings.task_status, settings.host) == (1234, "All done", "127.0.0.1")
    assert settings.dialstack_token.get_secret_value() == "a${HOME}b"


def test_the_environment_wins_over_a_dotenv_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the last resort; an empty variable does not hide its line."""
    (folder / ".env").write_text("SOFTPHONE_PORT=1\nSOFTPHONE_TASK_STATUS=Done\n")
    monkeypatch.setenv("SOFTPHONE_PORT", "2")
    monkeypatch.setenv("SOFTPHONE_TASK_STATUS", "")
    settings = load()
    assert (settings.port, settings.task_status) == (2, "Done")


def test_a_dotenv_file_is_not_read_for_an_environment_that_is_given(folder: Path) -> None:
    """Tests and the demo say themselves what holds."""
    (folder / ".env").write_text("SOFTPHONE_PORT=1\n")
    assert load({}).port == 8080


def test_without_a_dotenv_file_only_the_environment_counts(folder: Path) -> None:
    """No file is no error."""
    assert not (folder / ".env").exists()
    assert load() == load({})


def test_a_dotenv_file_that_is_not_text_is_a_wrong_setting(folder: Path) -> None:
    """The sentence names the file."""
    (folder / ".env").write_bytes(b"SOFTPHONE_PORT=\xff\n")
    with pytest.raises(WrongSetting, match=r"^\.env is not UTF-8 text$"):
        load()


def test_a_folder_in_place_of_the_dotenv_file_is_a_wrong_setting(folder: Path) -> None:
    """Docker makes one where the file to mount is missing."""
    (folder / ".env").mkdir()
    with pytest.raises(WrongSetting, match=r"^cannot read \.env: Is a directory$"):
        load()


def test_a_dotenv_file_from_an_editor_of_windows_is_read(folder: Path) -> None:
    """It begins with a byte order mark, and its lines end with a carriage return."""
    (folder / ".env").write_bytes(b"\xef\xbb\xbfSOFTPHONE_PORT=1\r\nSOFTPHONE_LOG_LEVEL=debug\r\n")
    settings = load()
    assert (settings.port, settings.log_level) == (1, "debug")


def test_lines_of_the_dotenv_file_that_cannot_be_read_are_named(folder: Path) -> None:
    """By their numbers: what is in them may be a secret."""
    (folder / ".env").write_text('SOFTPHONE_PORT: 1\nSOFTPHONE_HOST=::1\nSOFTPHONE_ORG_ID="00D\n')
    with pytest.raises(
        WrongSetting, match=r"^\.env: line 1, 3 cannot be read\. Write each line as NAME=value"
    ):
        load()


def test_a_file_that_the_environment_names_wins_over_a_dotenv_value(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a value of the environment over a file that `.env` names."""
    (folder / "token").write_text("sk_2\n")
    (folder / ".env").write_text("SOFTPHONE_DIALSTACK_TOKEN=sk_1\nSOFTPHONE_PORT_FILE=port\n")
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_TOKEN_FILE", "token")
    monkeypatch.setenv("SOFTPHONE_PORT", "2")
    settings = load()
    assert (settings.dialstack_token.get_secret_value(), settings.port) == ("sk_2", 2)


@pytest.mark.parametrize("quoted", ['"dev"', "'dev'", ' "" '])
def test_a_value_in_quotes_is_refused(quoted: str) -> None:
    """Docker's --env-file hands them on; a secret would silently be another one."""
    with pytest.raises(WrongSetting, match=r"^SOFTPHONE_SIGN_IN: is in quotation marks"):
        load({"SOFTPHONE_SIGN_IN": quoted})


def test_secrets_of_a_file_may_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    """As `webhooks register --secret-file` writes them; each is judged by itself."""
    (tmp_path / "secrets").write_text("whsec_9f2c1e7a5b3d8064\nx7\n")
    with pytest.raises(WrongSetting, match="WEBHOOK_SECRETS: one secret is a sample"):
        load({"SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS_FILE": str(tmp_path / "secrets")})


def test_a_value_from_the_dotenv_file_is_checked_too(folder: Path) -> None:
    """A slip in the file is named by its variable, like any other."""
    (folder / ".env").write_text("SOFTPHONE_PORT=x\n")
    with pytest.raises(WrongSetting, match=r"^SOFTPHONE_PORT: must be a whole number"):
        load()


# --- variables that nobody knows --------------------------------------------------------------


def test_an_unknown_variable_is_reported_with_the_nearest_known_one() -> None:
    """The text has names only: the value may be a secret in the wrong place."""
    assert ignored_variables({"SOFTPHONE_DIALSTACK_TOKN": "sk_live_1"}) == (
        "SOFTPHONE_DIALSTACK_TOKN is not a setting and was ignored. "
        "Did you mean SOFTPHONE_DIALSTACK_TOKEN or SOFTPHONE_DIALSTACK_TOKEN_FILE?",
    )


def test_an_unknown_lowercase_variable_is_reported() -> None:
    """Variables have capitals, and the system tells them apart."""
    assert "Did you mean SOFTPHONE_PORT or" in ignored_variables({"softphone_port": "1"})[0]


def test_a_secret_file_that_its_variable_overrides_is_reported() -> None:
    """Whoever has put a new secret into the file would look for it in vain."""
    told = {"SOFTPHONE_LOG_HASH_KEY": "old", "SOFTPHONE_LOG_HASH_KEY_FILE": "/run/secrets/new"}
    assert ignored_variables(told) == (
        "SOFTPHONE_LOG_HASH_KEY_FILE was ignored, because SOFTPHONE_LOG_HASH_KEY is set too.",
    )


def test_an_unknown_variable_without_a_near_one_is_reported_without_a_guess() -> None:
    """A wrong guess would be worse than none."""
    said = ("SOFTPHONE_XYZZY is not a setting and was ignored.",)
    assert ignored_variables({"SOFTPHONE_XYZZY": "1"}) == said


def test_known_variables_and_those_of_other_programs_are_not_reported() -> None:
    """Only our prefix is looked at, sorted by name."""
    known = {
        PREFIX + name.upper() + suffix: ""
        for name in Settings.model_fields
        for suffix in ("", "_FILE")
    }
    assert ignored_variables({**known, "PATH": "", "SOFTPHONE": ""}) == ()
    told = ignored_variables({"SOFTPHONE_B!": "", "SOFTPHONE_A!": ""})
    assert [text.split()[0] for text in told] == ["SOFTPHONE_A!", "SOFTPHONE_B!"]


def test_unknown_variables_of_the_dotenv_file_are_reported_too(folder: Path) -> None:
    """environment() is what both load() and the warning look at."""
    (folder / ".env").write_text("SOFTPHONE_PROT=1\n")
    assert "Did you mean SOFTPHONE_PORT or" in ignored_variables(environment())[0]


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
