"""The README's transcripts: what its commands print, compared with what it shows.

A block fenced as `console` begins with `$ command`; the lines below are the expected output. A
comment before the block says where it runs: `<!-- in an empty folder -->` starts a new one,
`<!-- in the checkout -->` goes to the root of this repository; without one it is where the last
was. `python -m tests.house.readme` writes the output that the commands print now.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?:<!-- in (?P<where>[\w ]+) -->\n)?```console\n\$ (?P<command>.*)\n"
                   r"(?P<output>(?:(?!```).*\n)*)```")
SECONDS = re.compile(r"(?m)^\d+\.\d s$")


def printed(command, folder):
    """What a command prints in a folder, on both outputs, without colour, 100 columns wide."""
    tools = pathlib.Path(sys.executable).parent
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100",
                   "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    return done.stdout


def run_all(text):
    """(block, what it prints now) for every transcript of a text."""
    with tempfile.TemporaryDirectory() as empty:
        folder = ROOT
        for block in BLOCK.finditer(text):
            if block["where"]:
                folder = pathlib.Path(empty) if block["where"] == "an empty folder" else ROOT
            yield block, printed(block["command"], folder)


def same(expected, found):
    """Whether two outputs agree, times aside."""
    return SECONDS.sub("0.0 s", expected) == SECONDS.sub("0.0 s", found)


def rewritten(text):
    """The text with every transcript replaced by what its command prints now."""
    pieces, end = [], 0
    for block, found in run_all(text):
        pieces += [text[end:block.start("output")], found]
        end = block.end("output")
    return "".join(pieces) + text[end:]


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
