"""The tables of spec/README.md are those of a fresh run, for every protocol that there is."""
import re

import pytest
from support import ROOT

from checker.face.check import check_all
from checker.face.find import find_specs
from checker.face.markdown import BEGIN, END, section
from checker.face.plan import Selection, plan

PAGE = (ROOT / "spec" / "README.md").read_text()
PROTOCOLS = sorted(path.parent.name for path in (ROOT / "spec").glob("*/model.py"))
AGAIN = "write it again: checker verify --markdown spec/README.md"


def recorded():
    """{protocol: its section as it stands in the page}"""
    generated = PAGE.partition(BEGIN)[2].partition(END)[0]
    parts = re.split(r"^### (\w+)\n", generated, flags=re.MULTILINE)[1:]
    return {name: f"### {name}\n{text.rstrip()}\n" for name, text in zip(parts[::2], parts[1::2])}


def test_every_protocol_has_its_section():
    assert list(recorded()) == PROTOCOLS, AGAIN


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_tables_are_those_of_a_fresh_run(protocol, monkeypatch):
    monkeypatch.chdir(ROOT)
    specs, errors = find_specs([f"spec/{protocol}"])
    assert errors == []
    runs = list(check_all(plan(specs, Selection())))
    fresh = section(protocol, runs).rstrip().splitlines()
    assert recorded()[protocol].rstrip().splitlines() == fresh, AGAIN
