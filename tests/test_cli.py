"""The command line as a process: exit codes, and words that name what is wrong."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from adapter import __version__, cli
from adapter.commands import CommandFailed

ROOT = Path(__file__).parents[1]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`python -m adapter …` with this environment and nothing else; it must end by itself."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "adapter", *arguments],
        cwd=ROOT,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOFTPHONE_PORT", "many"),
        ("SOFTPHONE_PORT", "70000"),
        ("SOFTPHONE_PUBLIC_URL", "phone.example.com"),
        ("SOFTPHONE_HOST", "0.0.0.0"),
        ("SOFTPHONE_ORG_ORIGINS", "https://acme.example/path"),
        ("SOFTPHONE_WRAP_UP_SECONDS", "-1"),
        ("SOFTPHONE_DIALSTACK_USER_FIELD", "name"),
        ("SOFTPHONE_DISPOSITIONS", "bored=Bored"),
        ("SOFTPHONE_READ_BACK_SECONDS", "soon"),
        ("SOFTPHONE_LOG_LEVEL", "loud"),
        ("SOFTPHONE_DIALSTACK_TOKEN_FILE", "/nowhere/token"),
        ("SOFTPHONE_DIRECTORY_FILE", "/nowhere/directory.toml"),
    ],
)
def test_a_wrong_setting_ends_with_2_and_is_named(tmp_path: Path, name: str, value: str) -> None:
    """One line that names the variable (or its file); no traceback."""
    database = f"sqlite:///{tmp_path}/test.db"
    ended = run("serve", **{"SOFTPHONE_DATABASE_URL": database, name: value})
    assert ended.returncode == 2
    assert name in ended.stderr or value in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("url", ["mysql://x", "nonsense", "sqlite:////proc/nowhere/test.db"])
def test_a_database_that_cannot_be_opened_ends_with_2(url: str) -> None:
    """Said in words."""
    ended = run("serve", SOFTPHONE_DATABASE_URL=url)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("softphone: ")
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_ends_with_2_and_names_its_setting(tmp_path: Path) -> None:
    """Another program has it: which address, and which variable to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        database = f"sqlite:///{tmp_path}/test.db"
        ended = run("serve", SOFTPHONE_DATABASE_URL=database, SOFTPHONE_PORT=port)
    assert ended.returncode == 2
    assert port in ended.stderr
    assert "SOFTPHONE_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("dance",), ("serve", "--fast"), ("demo", "--port", "x")]
)
def test_a_wrong_argument_ends_with_2(arguments: tuple[str, ...]) -> None:
    """As argparse does, with the usage."""
    ended = run(*arguments)
    assert ended.returncode == 2
    assert "usage:" in ended.stderr


def test_an_argument_in_another_encoding_is_told() -> None:
    """A name that was pasted from a Latin-1 terminal."""
    name = b"Caf\xe9".decode("utf-8", "surrogateescape")
    ended = run("callcenter", "--display-name", name)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "softphone: an argument is not valid UTF-8: type it again\n"


def test_an_error_cannot_command_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may quote what a server answered."""

    def fail(name: str, arguments: object) -> int:
        raise CommandFailed("the provider says \x1b[2J")

    monkeypatch.setattr(cli, "_run", fail)
    assert cli.main(["migrate"]) == 2
    assert capsys.readouterr().err == "softphone: the provider says \\x1b[2J\n"


def test_without_a_command_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever types the name alone wants to know what there is; for a script it is a mistake."""
    assert cli.main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert all(f"  {name}" in told.err for name in cli.COMMANDS)


def test_a_wrong_port_in_the_environment_affects_only_the_demo(tmp_path: Path) -> None:
    """PORT is the demo's: other commands do not even look at it."""
    assert run("demo", PORT="many").returncode == 2
    assert run("schema", PORT="many").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("demo", "--data", "/proc/nowhere"), "No such file or directory: /proc/nowhere"),
        (("demo", "--data", "/dev/null"), "File exists: /dev/null"),
        (
            ("metadata", "--contact", "a@b.de", "--out", "/dev/null/x"),
            "Not a directory: /dev/null/x",
        ),
    ],
)
def test_what_the_system_refuses_is_named_with_its_place(
    arguments: tuple[str, ...], said: str
) -> None:
    """Not as something else that went wrong, and without a traceback."""
    ended = run(*arguments, SOFTPHONE_PUBLIC_URL="https://phone.example.com")
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.interpreted
def test_an_installation_without_its_pages_says_so(tmp_path: Path) -> None:
    """It was "cannot listen": the copy lacks web/, and nothing is wrong with the address."""
    # Other tests' Pythons write in there at this moment.
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "adapter", tmp_path / "adapter", ignore=ignore)
    ended = subprocess.run(
        [sys.executable, "-m", "adapter", "serve"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert f"install it again: {tmp_path}/adapter/web" in ended.stderr
    assert "listen" not in ended.stderr


def test_a_closed_pipe_causes_no_error() -> None:
    """`schema | head -1`: the pipe is closed, and standard error stays empty."""
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "schema"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 2


def test_ctrl_c_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was a traceback; a shell learns by the usual number what ended the command."""

    def interrupted(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("adapter.commands.doctor.run", interrupted)
    assert cli.main(["doctor"]) == 130


def test_the_program_prints_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The one of the package."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"softphone-adapter {__version__}\n"


def test_the_program_uses_the_name_it_was_called_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its installed name, or as a module."""
    for called, name in (("/x/bin/softphone-adapter", "softphone-adapter"), ("x", "python -m")):
        monkeypatch.setattr(sys, "argv", [called])
        with pytest.raises(SystemExit):
            cli.main(["doctor", "--help"])
        assert capsys.readouterr().out.startswith(f"usage: {name}")


def test_the_schema_is_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """Every message that a page may send is in it."""
    assert cli.main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"Hello", "Dial", "Accept", "Result"} <= set(schema["$defs"])


def test_migrate_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run finds nothing to do."""
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    assert cli.main(["migrate"]) == 0
    assert cli.main(["migrate"]) == 0
    assert (tmp_path / "test.db").stat().st_size > 0


def test_simulate_has_options_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The simulator's help, not the adapter's."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["simulate", "--help"])
    assert ended.value.code == 0
    assert "--webhook" in capsys.readouterr().out


# --- for programs and for shells ----------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name != "serve"])
def test_every_command_with_a_result_has_json_output(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only `serve` has none: its log is JSON already."""
    with pytest.raises(SystemExit):
        cli.main([name, "--help"])
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("python -m adapter m", {"migrate", "metadata"}),
        ("python -m adapter doctor --", {"--json", "--health", "--help"}),
        ("python -m adapter webhooks ", {"register", "list-needed"}),
        ("python -m adapter simulate --scenario b", {"busy"}),
    ],
)
def test_a_shell_gets_completions(tmp_path: Path, line: str, offered: set[str]) -> None:
    """As bash and zsh ask, with argcomplete's global completion switched on."""
    answer = tmp_path / "answer"
    ended = run(
        _ARGCOMPLETE="3",
        _ARGCOMPLETE_STDOUT_FILENAME=str(answer),
        _ARGCOMPLETE_IFS="\n",
        COMP_LINE=line,
        COMP_POINT=str(len(line)),
        COMP_TYPE="9",
    )
    assert ended.returncode == 0
    told = {word.strip() for word in answer.read_text(encoding="utf-8").split("\n")}
    assert offered <= told


@pytest.mark.interpreted
def test_the_entry_is_marked_for_completion() -> None:
    """Shells look for the word in the first kilobyte of a module before they run it."""
    assert b"PYTHON_ARGCOMPLETE_OK" in (ROOT / "adapter" / "__main__.py").read_bytes()[:1024]
