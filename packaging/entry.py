"""What the packaged program runs."""

import sys

from bridge.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
