"""Lets `python -m client` be the command line."""

import signal
import sys
from importlib import import_module

# A Ctrl-C while the program is still being loaded ends it without a traceback.
handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
main = import_module("client.main").main
signal.signal(signal.SIGINT, handler)

sys.exit(main())
