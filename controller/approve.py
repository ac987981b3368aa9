"""Check and sign on a machine of one's own: `python -m controller.approve` (docs/how-to/approve-outside.md)."""

import sys

from controller.approving.cli import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
