"""The commands of `python -m adapter`: one module each, with add_arguments and run."""


class CommandFailed(Exception):
    """A command cannot be done; the text says what to mend (exit code 2)."""
