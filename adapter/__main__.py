"""Runs the commands as `python -m adapter …`."""
# PYTHON_ARGCOMPLETE_OK: shells look for this marker before they request completions.

from adapter.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
