"""What lies outside the fragment is refused with the author's line, never approximated."""
import pytest

from checker.engines.smt.anysize import prove_any_size
from checker.engines.smt.anysize.refuse import REASONS
from checker.frontend.spec import load

HEAD = """from checker import *
class Spec(Component):
    def __init__(self, *, n=2):
        self.g = Index("g", n)
        self.flag = Map(self.g, Bool)
        self.n = n
        {state}
    @process(each="g")
    async def work(self, x):
        await step("go")
        {code}
    @invariant
    def fine(self):
        return not any(self.flag[x] for x in self.g)
"""
CASES = {
    "P101": ("self.many = n > 3", "self.flag[x] = self.many"),
    "P105": ("self.queue = Queue(self.g, 2)", "self.queue.put(x)"),
    "P106": ("self.a = Int(0, 3)\n        self.b = Int(0, 9)", "self.b = self.a * self.a"),
    "P103": ("self.r = Map(Enum(*'abcdefghijklmnopqrs'), Bool)",
             "self.flag[x] = any(self.r[i] for i in ('a', 'b'))"),
}


@pytest.mark.parametrize("code", CASES)
def test_outside_the_fragment(code, tmp_path):
    state, body = CASES[code]
    file = tmp_path / "spec.py"
    file.write_text(HEAD.format(state=state, code=body))
    found = prove_any_size(load(file)[0])
    judged = found.judged["fine"]
    assert judged.outcome == "refused" and f"[{code}]" in judged.reason, judged
    assert not found.complete


def test_every_code_is_explained():
    assert all(code.startswith("P1") and len(text) > 40 for code, text in REASONS.items())
