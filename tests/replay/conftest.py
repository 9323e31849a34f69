import pathlib
import sys

for folder in ("spec", "replay"):
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / folder))
