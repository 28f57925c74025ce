"""`python -m adapter …`: everything that can be done from a shell."""
# PYTHON_ARGCOMPLETE_OK: by this word a shell knows that it may ask us to complete a line.

from adapter.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
