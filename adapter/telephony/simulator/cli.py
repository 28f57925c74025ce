"""The command line of the simulator: `python -m adapter.telephony.simulator --help`."""

import argparse
import asyncio
import json
import secrets
import sys
import time
from collections.abc import Sequence
from functools import partial

from adapter.telephony.simulator.config import DEFAULT_USERS, Config, User
from adapter.telephony.simulator.script import Outcome, Scenario
from adapter.telephony.simulator.server import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator until a signal ends it; returns the exit status."""
    args = parser_of().parse_args(argv)
    try:
        alive = sys.stdin.buffer if args.with_stdin else None
        asyncio.run(serve(configured(args), partial(_tell, as_json=args.json), alive))
    except OSError as error:
        sys.stderr.write(f"The simulator cannot listen: {error}\n")
        return 1
    return 0


def configured(args: argparse.Namespace) -> Config:
    """The config that the arguments describe."""
    return Config(
        now=_now,
        new_id=_new_id,
        host=args.host,
        port=args.port,
        names=tuple(args.name),
        account=args.account,
        token=args.token,
        secret=args.secret,
        webhooks=tuple(args.webhook),
        users=args.users,
        scenario=Scenario(outcome=args.scenario),
        seed=args.seed,
        time_scale=args.time_scale,
        user_field=args.user_field,
    )


def parser_of() -> argparse.ArgumentParser:
    """The parser of the command line; it exits with status 2 if that is wrong."""
    parser = argparse.ArgumentParser(
        prog="simulate", description="Simulate a DialStack-compatible provider that rings no phone."
    )
    add_arguments(parser)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8082, help="0 selects a free port")
    add(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="also answer under this host name",
    )
    add("--webhook", action="append", default=[], metavar="URL", help="may be repeated")
    add("--account", default="acct_demo")
    add("--token", default="sk_test_demo", help="API key to require")
    add("--secret", default="whsec_demo", help="secret that signs the webhooks")
    add("--users", type=parse_users, default=DEFAULT_USERS, metavar="NAME:EMAIL,…")
    add("--scenario", type=Outcome, choices=list(Outcome), default=Outcome.ANSWERED)
    add("--seed", type=int, default=1, help="seed of durations and faults")
    add("--time-scale", type=float, default=1.0, help="0.1 makes scenarios ten times faster")
    add(
        "--user-field",
        choices=["user_id", "user"],
        default="user_id",
        help="name of the user field in webhooks",
    )
    add("--with-stdin", action="store_true", help="end when standard input ends")
    add("--json", action="store_true", help="print the address as one line of JSON")


def parse_users(text: str) -> tuple[User, ...]:
    """Read `ada:ada@example.com,…`; the user ids are `user_<name>`, extensions from 1001.

    Raises:
        argparse.ArgumentTypeError: an item has no name or no email.
    """
    users = []
    for number, item in enumerate(text.split(","), start=1001):
        name, _, email = item.strip().partition(":")
        if not name.isidentifier() or "@" not in email:
            raise argparse.ArgumentTypeError(f"not NAME:EMAIL: {item!r}")
        known = next((u for u in DEFAULT_USERS if u.user_id == f"user_{name}"), None)
        full_name = known.name if known else name.replace("_", " ").title()
        users.append(User(f"user_{name}", full_name, email, str(number)))
    return tuple(users)


def _tell(url: str, *, as_json: bool) -> None:
    text = f"simulated provider {url}   by hand {url}/control"
    facts = {"url": url, "control": f"{url}/control"}
    sys.stdout.write(f"{json.dumps(facts) if as_json else text}\n")
    sys.stdout.flush()


def _now() -> int:
    return time.time_ns() // 1_000_000  # noqa: TID251 - another program than the adapter


def _new_id() -> str:
    return secrets.token_hex(12)
