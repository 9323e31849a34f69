"""`python -m checker`."""
import sys

from checker.face.cli import main

sys.exit(main())
