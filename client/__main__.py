"""Lets `python -m client` be the command line."""

import sys

from client.main import main

sys.exit(main())
