"""`python -m lenet` is the command `lenet`."""

import sys

from lenet.cli import main

if __name__ == "__main__":
    sys.argv[0] = "lenet"  # as it is called in messages
    main()
