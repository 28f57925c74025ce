"""`python -m adapter …`: everything that can be done from a shell."""

from adapter.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
