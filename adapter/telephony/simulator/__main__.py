"""`python -m adapter.telephony.simulator`."""

import sys

from adapter.telephony.simulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
