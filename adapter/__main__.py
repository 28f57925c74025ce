"""Runs the commands as `python -m adapter …`, and as the installed `softphone-adapter`."""
# PYTHON_ARGCOMPLETE_OK: shells look for this marker before they request completions.

from adapter.process import prepare


def run() -> int:
    """Run the command line; returns the exit code."""
    prepare()
    # Takes up to a second, in which a signal must already end the process.
    from adapter.cli import main  # noqa: PLC0415

    return main()


if __name__ == "__main__":
    raise SystemExit(run())
