"""Every error code of the front end: what it says, and the text under its caret."""
import textwrap

import pytest

from checker.codes import CODES
from checker.errors import SpecError
from checker.frontend import load

HEAD = """\
from checker import *
import random

def helper_function(x):
    x.append(1)

class Part(Component):
    def __init__(self):
        self.n = Int(0, 3)

    def bump(self):
        self.n += 1

class Spec(Component):
    instances = {"small": {}}

    def __init__(self):
        self.group = Index("group", 2)
        self.slot = Range(2)
        self.n = Int(0, 3)
        self.flag = Bool
        self.mode = Enum("idle", "busy")
        self.held = Map(self.group, Bool)
        self.count = Map(self.slot, Int(0, 3))
        self.owner = Maybe(self.group)
        self.chosen = Set(self.group)
        self.queue = Queue(Int(0, 3), 2)
        self.lock = Lock
        self.locks = Map(self.slot, Lock)
        self.part = Part()
        self.constant = 3

"""


def errors(tmp_path, body, *, head=HEAD):
    """(code, text under the first caret) of every error in a spec with this class body."""
    file = tmp_path / "spec_under_test.py"
    file.write_text(head + textwrap.indent(textwrap.dedent(body), "    "))
    with pytest.raises(SpecError) as raised:
        for spec in load(file):
            spec.system("small")
    for diagnostic in raised.value.diagnostics:
        rendered = diagnostic.render()
        assert f"error[{diagnostic.code}]" in rendered and diagnostic.headline in rendered
        assert str(file.name) in rendered
    return [(d.code, d.loc.text()) for d in raised.value.diagnostics]


def in_process(statements, decorator="@process", parameters="self"):
    return (f"{decorator}\nasync def run({parameters}):\n    await step('go')\n"
            + textwrap.indent(textwrap.dedent(statements), "    "))


STATEMENTS = [
    # E101: constructs outside the language
    ("try:\n    self.n = 1\nexcept ValueError:\n    pass\n", "E101", "try:"),
    ("with open('x'):\n    pass\n", "E101", "with open('x'):"),
    ("x = 1.5\n", "E101", "1.5"),
    ("self.n = self.n / 2\n", "E101", "self.n / 2"),
    ("x = random.random()\n", "E101", "random.random"),
    ("f = lambda: 1\n", "E101", "lambda: 1"),
    ("a, b = 1, self.n\n", "E101", "a, b"),
    ("x = [self.n]\n", "E101", "[self.n]"),
    ("m = self.held\n", "E101", "self.held"),
    ("s = self.chosen\n", "E101", "self.chosen"),
    ("for x in self.slot:\n    pass\nelse:\n    self.n = 1\n", "E101", "self.n = 1"),
    ("self.part = Part()\n", "E101", "Part()"),
    ("def inner():\n    pass\n", "E101", "def inner():"),
    # E102, E103: names and attributes
    ("self.n = nothing\n", "E102", "nothing"),
    ("self.n = self.nn\n", "E103", "self.nn"),
    ("self.nn = 1\n", "E103", "self.nn"),
    ("self.queue.push(1)\n", "E103", "self.queue.push"),
    ("self.part.bumb()\n", "E103", "self.part.bumb"),
    # E104: types
    ("self.n = True\n", "E104", "True"),
    ("self.n = self.flag\n", "E104", "self.flag"),
    ("self.flag = self.n\n", "E104", "self.n"),
    ("if self.n:\n    pass\n", "E104", "self.n"),
    ("if self.owner:\n    pass\n", "E104", "self.owner"),
    ("self.n = None\n", "E104", "None"),
    ("self.held[self.n] = True\n", "E104", "self.n"),
    ("self.flag = self.n is None\n", "E104", "self.n"),
    ("self.flag = self.n == 'idle'\n", "E104", "'idle'"),
    ("self.n = self.flag + 1\n", "E104", "self.flag"),
    ("self.part.bump(1)\n", "E104", "self.part.bump(1)"),
    ("x = 1\nif self.flag:\n    x = 'idle'\nself.n = 1 if x == 1 else 0\n", "E104", "'idle'"),
    # E105: the order of an Index
    ("self.flag = any(g < h for g in self.group for h in self.group)\n", "E105", "g"),
    ("self.n = sum(g + 1 for g in self.group)\n", "E105", "g"),
    # E106: loops whose order shows
    ("for g in self.group:\n    self.owner = g\n", "E106", "self.owner = g"),
    ("for g in self.group:\n    await step('x')\n", "E106", "await step('x')"),
    ("for g in self.group:\n    if self.held[g]:\n        break\n", "E106", "break"),
    ("for g in self.group:\n    self.held[g] = any(self.held[h] for h in self.group)\n",
     "E106", "self.held[g] = any(self.held[h] for h in self.group)"),
    ("for g in self.chosen:\n    self.chosen.discard(g)\n", "E106",
     "self.chosen.discard(g)"),
    # E107: no await
    ("while True:\n    self.n = 1\n", "E107", "self.n = 1"),
    ("while True:\n    if self.flag:\n        await step('x')\n", "E107", "self.flag"),
    # E108: counters without a range
    ("n = 0\nwhile True:\n    await step('x')\n    n = n + 1\n", "E108", "n + 1"),
    # E109
    ("if self.flag:\n    x = 1\nself.n = x\n", "E109", "x"),
    ("while self.flag:\n    await step('x')\n    y = 1\nself.n = y\n", "E109", "y"),
    ("if self.flag:\n    c = self.part\nelse:\n    c = self\nself.n = c.n\n", "E104", "c"),
    # E110: labels
    ("await step()\n", "E110", "step()"),
    ("await step('go')\n", "E110", "step('go')"),
    ("await step(3)\n", "E110", "3"),
    # E112: effects inside expressions
    ("self.n = 1 + pick(self.slot)\n", "E112", "pick(self.slot)"),
    ("self.flag = any(maybe('x') for g in self.group)\n", "E112", "maybe('x')"),
    # E114: awaits
    ("step('x')\n", "E114", "step('x')"),
    ("self.queue.get()\n", "E114", "self.queue.get()"),
    ("await self.part.bump()\n", "E114", "self.part.bump()"),
    ("await self.n\n", "E114", "self.n"),
    ("self.n = 1 + await self.queue.get()\n", "E114", "await self.queue.get()"),
    # E115: until
    ("await until(self.n == 0)\n", "E115", "self.n == 0"),
    ("await until()\n", "E115", "until()"),
    # E116
    ("self.constant = 4\n", "E116", "self.constant"),
    # E117
    ("self.n = self.n * (2 ** 61) * 8\n", "E117", "self.n * (2 ** 61)"),
    # E123
    ("self.mode = 'bussy'\n", "E123", "'bussy'"),
    ("self.flag = self.mode == 'bussy'\n", "E123", "'bussy'"),
    # E125
    ("for i in self.slot:\n    i = 0\n", "E125", "i"),
    ("k = 0\nasync with self.locks[k]:\n    k = 1\n", "E125", "k"),
    ("async with self.locks[self.count[0]]:\n    pass\n", "E125", "self.locks[self.count[0]]"),
]


@pytest.mark.parametrize("statements, code, text", STATEMENTS)
def test_in_a_process(tmp_path, statements, code, text):
    found = errors(tmp_path, in_process(statements))
    assert found[0] == (code, text), found


BODIES = [
    ("@process\nasync def run(self):\n    self.n = 1\n", "E111", "self.n = 1"),
    ("@process\nasync def run(self):\n    x = 1 + self.n\n    await step('x')\n", "E111", "self.n"),
    ("@process\nasync def run(self):\n    while self.n > 0:\n        await step('x')\n",
     "E111", "self.n"),
    ("@process\nasync def run(self):\n    if maybe('x') and self.flag:\n"
     "        await step('x')\n    await step('y')\n", "E111", "self.flag"),
    ("@process\nasync def run(self):\n    for i in range(2):\n        if self.count[0] > 1:\n"
     "            await step('x')\n    await step('y')\n", "E111", "self.count"),
    ("def get(self):\n    return self.n\n@process\nasync def run(self):\n"
     "    if self.get() > 1:\n        await step('x')\n    await step('y')\n", "E111", "self.n"),
    ("def again(self):\n    self.n = 1\n    self.again()\n"
     + in_process("self.again()"), "E113", "self.again()"),
    ("def again(self):\n    return self.again()\n"
     + in_process("self.flag = self.again()"), "E113", "self.again()"),
    ("@process\ndef run(self):\n    pass\n", "E118", "run"),
    ("@process(each='groups')\nasync def run(self, g):\n    await step('x')\n", "E118", "run"),
    ("@process(each='group')\nasync def run(self):\n    await step('x')\n", "E118", "run"),
    ("@process(times='flag')\nasync def run(self):\n    await step('x')\n", "E118", "run"),
    ("@invariant\nasync def safe(self):\n    return True\n", "E119", "safe"),
    ("@invariant\ndef safe(self):\n    self.n = 1\n    return True\n", "E119", "self.n = 1"),
    ("@invariant\ndef safe(self, x):\n    return True\n", "E119", "safe"),
    ("@step_invariant\ndef safe(self):\n    return True\n", "E119", "safe"),
    ("@leads_to\ndef served(self):\n    return self.flag\n", "E119", "served"),
    ("@invariant(when='nothing')\ndef safe(self):\n    return True\n", "E119", "safe"),
    ("@invariant\ndef safe(self):\n    return pick(self.slot) == 0\n", "E112",
     "pick(self.slot)"),
    ("@invariant\ndef safe(self):\n    if self.flag:\n        return True\n", "E124",
     "def safe(self):"),
    ("faults = [Fault('wrong', breaks='safe')]\n" + in_process("pass"), "E120", "safe"),
    ("faults = [Fault('wrong', breaks='deadlock', speed=3)]\n" + in_process("pass"), "E120",
     "speed"),
    ("def value(self):\n    if self.flag:\n        self.n = 1\n        return 1\n"
     + in_process("x = self.value()"), "E124", "if self.flag:"),
]


@pytest.mark.parametrize("body, code, text", BODIES)
def test_in_a_class(tmp_path, body, code, text):
    found = errors(tmp_path, body)
    assert (code, text) in found, found


CONSTRUCTORS = [
    ("self.n = Int(3, 0)", "E121", "self.n = Int(3, 0)"),
    ("self.n = Int(0, 3, init=7)", "E121", "self.n"),
    ("self.n = 1 // 0", "E121", "self.n = 1 // 0"),
    ("self.a = Index('x', 2)\n        self.b = Map(Index('x', 3), Bool)", "E122", "self.b"),
]


@pytest.mark.parametrize("line, code, text", CONSTRUCTORS)
def test_in_the_constructor(tmp_path, line, code, text):
    head = ("from checker import *\n\nclass Spec(Component):\n    instances = {'small': {}}\n\n"
            f"    def __init__(self):\n        {line}\n\n")
    assert errors(tmp_path, in_process("pass"), head=head) == [(code, text)]


@pytest.mark.parametrize("text, caret", [("x = (\n", "("), ("x = 1\n", "x"),
                                         ("import nothing_like_this\n",
                                          "import nothing_like_this")])
def test_a_file_that_is_no_spec(tmp_path, text, caret):
    file = tmp_path / "spec_under_test.py"
    file.write_text(text)
    with pytest.raises(SpecError) as raised:
        load(file)
    [diagnostic] = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.loc.text()) == ("E126", caret)


def test_every_code_is_tested():
    tested = {row[1] for row in (*STATEMENTS, *BODIES, *CONSTRUCTORS)} | {"E126"}
    assert tested == set(CODES)


def test_several_errors_are_reported_at_once(tmp_path):
    found = errors(tmp_path, in_process("self.n = nothing\nself.mode = 'bussy'\n")
                   + "@invariant\ndef safe(self):\n    return self.nn == 1\n")
    assert [code for code, _ in found] == ["E102", "E123", "E103"]


def test_the_caret_counts_characters_not_bytes(tmp_path):
    found = errors(tmp_path, in_process('assert self.flag, "é"; self.n = nothing\n'))
    assert found == [("E102", "nothing")]


def test_hints_name_the_closest(tmp_path):
    file = tmp_path / "spec_under_test.py"
    file.write_text(HEAD + textwrap.indent(in_process("self.mode = 'bussy'"), "    "))
    with pytest.raises(SpecError, match="did you mean `busy`"):
        load(file)[0].system("small")
