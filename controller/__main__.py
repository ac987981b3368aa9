"""`python -m controller serve|init|import|enrol|setup-link|demo`."""

import sys

from controller.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
