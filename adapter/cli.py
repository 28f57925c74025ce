"""The softphone adapter's commands.

Exit codes: 0 success; 1 something is left to do (callcenter --check, doctor, erase-number); 2 a
setting or an argument is wrong (the message names it).
"""
# PYTHON_ARGCOMPLETE_OK: shells look for this marker here before they run the command.

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from adapter import __version__
from adapter.commands import CommandFailed, named
from adapter.console import visible
from adapter.settings import WrongSetting
from adapter.storage.port import StorageError

COMMANDS = {
    "serve": "run the adapter with the settings of the environment",
    "demo": "run the adapter, a demo org and simulated phones on loopback",
    "simulate": "run a simulated provider compatible with DialStack",
    "migrate": "create or update the database's tables",
    "callcenter": "write or check the call center definition file",
    "metadata": "write a Salesforce project to deploy",
    "retention": "delete data that is past its retention time",
    "export-number": "write everything stored about one phone number",
    "erase-number": "erase one phone number from everything stored",
    "webhooks": "register the provider's webhook endpoint",
    "doctor": "check a deployment and say what to do",
    "show": "print what is stored about a call, an agent or a call log",
    "surface": "set on which Salesforce surface an agent works",
    "voice": "write the key, contact center or metadata for Salesforce Voice",
    "settings": "print every setting, as a template for .env",
    "schema": "print the page protocol as JSON Schema",
}


INSTALLED = "softphone-adapter"
INTERRUPTED = 130
"""The shells' exit code for Ctrl-C: 128 plus the number of SIGINT."""


class Command(Protocol):
    """What a module in adapter/commands offers."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it; returns the exit code. Raises CommandFailed, WrongSetting, StorageError."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if not argv:
        _parser().print_help(sys.stderr)
        return 2
    name = _parser().parse_args(argv[:1]).command
    if name == "simulate":
        # The simulator is a program of its own, with its own options.
        from adapter.telephony.simulator.cli import main as simulate  # noqa: PLC0415

        return simulate(argv[1:])
    try:
        return _run(name, argv[1:])
    except (CommandFailed, WrongSetting, StorageError) as error:
        lines = map(visible, str(error).splitlines())
        sys.stderr.writelines(f"softphone: {line}\n" for line in lines)
    except BrokenPipeError:
        # The reader closed the pipe. Python would flush once more at exit, and complain:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sys.stderr.write(f"softphone: {named(error)}\n")
    except UnicodeEncodeError:
        # Python keeps the bytes of an argument that is no UTF-8, as half surrogate pairs.
        sys.stderr.write("softphone: an argument is not valid UTF-8: type it again\n")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 2


def _run(name: str, arguments: Sequence[str]) -> int:
    command = cast(Command, import_module(_module(name)))
    parser = argparse.ArgumentParser(prog=f"{_program()} {name}", description=command.__doc__)
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


def _program() -> str:
    """The program's name as it was called: its installed name, or as a module."""
    name = Path(sys.argv[0]).name
    return name if name == INSTALLED else "python -m adapter"


def _module(name: str) -> str:
    return f"adapter.commands.{name.replace('-', '_')}"


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<15}{text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=_program(),
        description=f"{__doc__}\ncommands (each has its own --help):\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"softphone-adapter {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    return parser


def _complete() -> None:
    """Answer a shell's completion request and exit (docs/operations.md, Command line)."""
    import argcomplete  # noqa: PLC0415 - nobody else needs it

    from adapter.telephony.simulator.cli import add_arguments  # noqa: PLC0415

    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name == "simulate":
            add_arguments(command)
        else:
            cast(Command, import_module(_module(name))).add_arguments(command)
    argcomplete.autocomplete(parser)
