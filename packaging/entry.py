"""Entry point of the packaged program."""

import sys

from bridge.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
