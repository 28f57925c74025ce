"""The command line of the simulator."""

import argparse
import json
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from adapter.telephony.simulator.cli import configured, main, parse_users, parser_of
from adapter.telephony.simulator.script import Outcome


def test_without_arguments_it_is_the_demo() -> None:
    """The well-known account, key and secret, on this machine only."""
    config = configured(parser_of().parse_args([]))
    assert (config.account, config.token, config.secret) == (
        "acct_demo",
        "sk_test_demo",
        "whsec_demo",
    )
    assert (config.host, config.port, config.webhooks) == ("127.0.0.1", 8082, ())
    assert config.new_id() != config.new_id()
    assert config.now() > 1_700_000_000_000


def test_every_argument_arrives() -> None:
    """Webhooks may be given more than once."""
    given = {
        "--port": "0",
        "--account": "A",
        "--token": "T",
        "--secret": "S",
        "--users": "ada:a@example.com,bob:b@example.com",
        "--scenario": "busy",
        "--seed": "9",
        "--time-scale": "0.5",
        "--user-field": "user",
    }
    arguments = [word for pair in given.items() for word in pair]
    config = configured(
        parser_of().parse_args([*arguments, "--webhook", "http://a", "--webhook", "http://b"])
    )
    assert config.webhooks == ("http://a", "http://b")
    assert (config.account, config.token, config.secret) == ("A", "T", "S")
    assert [user.user_id for user in config.users] == ["user_ada", "user_bob"]
    assert config.scenario.outcome is Outcome.BUSY
    assert (config.seed, config.time_scale, config.user_field) == (9, 0.5, "user")


def test_known_users_keep_their_names() -> None:
    """Strangers get theirs from their id."""
    users = parse_users("ada:ada@example.org, mary_ann:m@example.org")
    assert [(user.name, user.email, user.extension) for user in users] == [
        ("Ada Lovelace", "ada@example.org", "1001"),
        ("Mary Ann", "m@example.org", "1002"),
    ]


@pytest.mark.parametrize("text", ["", "ada", "ada:", ":a@example.com", "a b:a@example.com", "a:b,"])
def test_wrong_users_are_refused(text: str) -> None:
    """Each needs a name and an email."""
    with pytest.raises(argparse.ArgumentTypeError):
        parse_users(text)


@pytest.mark.parametrize("arguments", [["--scenario", "wonderful"], ["--port", "x"], ["--what"]])
def test_wrong_arguments_end_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And say which."""
    with pytest.raises(SystemExit) as caught:
        configured(parser_of().parse_args(arguments))
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_a_port_in_use_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence, with status 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--port", str(taken.getsockname()[1])]) == 1
    assert "cannot listen" in capsys.readouterr().err


def test_the_simulator_runs_as_a_process() -> None:
    """It prints where it is, answers, and ends with status 0 when told to."""
    command = [sys.executable, "-m", "adapter.telephony.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[2]
            assert httpx.get(f"{url}/control", trust_env=False).status_code == 200
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_the_simulator_prints_its_address_in_one_line() -> None:
    """Who starts it with port 0 reads where it listens."""
    command = [sys.executable, "-m", "adapter", "simulate", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None
        told = json.loads(simulator.stdout.readline())
        assert httpx.get(told["control"], trust_env=False).status_code == 200
        simulator.send_signal(signal.SIGTERM)
    assert told["control"] == f"{told['url']}/control"


def test_the_simulator_ends_when_its_standard_input_closes() -> None:
    """The end of a pipe is seen however its holder went; that is no failure."""
    command = [sys.executable, "-m", "adapter", "simulate", "--port", "0", "--with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as simulator:
        assert simulator.stdin is not None
        assert simulator.stdout is not None
        assert b"simulated provider" in simulator.stdout.readline()
        simulator.stdin.close()
        assert simulator.wait(timeout=30) == 0
