"""Which process instances can be told apart, and what makes two counterexamples of one kind."""
from checker.engines.interp.step import initial_states, steps
from checker.frontend import load
from checker.ir.control import groups, kind_of_end

PAIRS = '''
from checker import *

class Pairs(Component):
    def __init__(self):
        self.side = Index("side", 2)
        self.place = Range(2)
        self.up = Map(self.side, Bool)
        self.down = Map(self.side, Bool)

    @process(each="side")
    async def climb(self, s):
        await step("climb")
        self.up[s] = True

    @process(each="side")
    async def fall(self, s):
        await step("fall")
        self.down[s] = True

    @process(each="place")
    async def stand(self, p):
        await step("stand")

    @process
    async def watch(self):
        await step("watch")

    @invariant
    def nobody(self):
        return not any(self.up[s] and self.down[s] for s in self.side)

    @invariant(each="side")
    def not_here(self, s):
        return not self.up[s]
'''


def shape(system, name):
    return [[[str(i) for i in row] for row in group.rows] for group in groups(system, name)]


def compiled(tmp_path):
    (tmp_path / "pairs.py").write_text(PAIRS)
    [spec] = load(tmp_path / "pairs.py")
    return spec.system()


ALONE = [[["stand(0)"]], [["stand(1)"]], [["watch"]]]


def test_elements_of_an_index_are_alike_unless_one_is_named(tmp_path):
    system = compiled(tmp_path)
    assert shape(system, "nobody") == [
        [["climb(side0)", "fall(side0)"], ["climb(side1)", "fall(side1)"]], *ALONE]
    assert shape(system, "deadlock") == shape(system, "nobody")
    assert shape(system, "not_here(side1)") == [
        [["climb(side0)"]], [["climb(side1)"]], [["fall(side0)"]], [["fall(side1)"]], *ALONE]


def test_what_belongs_to_one_element_stays_together(tmp_path):
    """Who climbed and who fell: the same side or not is a difference, which of them is none."""
    system = compiled(tmp_path)
    [start] = initial_states(system)

    def after(*actors):
        state = start
        for actor in actors:
            [state] = [s.after for s in steps(system, state) if str(s.instance) == actor]
        return state

    def kind(name, *actors):
        state = after(*actors)
        return kind_of_end(system, groups(system, name), state, state)

    same, other = kind("nobody", "climb(side0)", "fall(side0)"), \
        kind("nobody", "climb(side1)", "fall(side1)")
    across = kind("nobody", "climb(side0)", "fall(side1)")
    assert same == other != across == kind("nobody", "climb(side1)", "fall(side0)")
    assert kind("not_here(side1)", "climb(side0)") != kind("not_here(side1)", "climb(side1)")
    assert kind("nobody", "stand(0)") != kind("nobody", "stand(1)")
