"""Symmetry: exactly one state of each orbit is visited, and nothing else changes."""
import itertools
import pathlib
import subprocess

import pytest

from checker.engines.interp.explore import explore as reference
from checker.engines.interp.step import initial_states, steps
from checker.engines.native import build, explore
from checker.engines.native.emit import SOURCES, generate
from checker.engines.native.reduce import reductions
from checker.engines.native.symmetry import SymmetryCode
from checker.errors import UserError
from checker.frontend import load
from checker.ir import symmetry as ir_symmetry
from checker.ir.nodes import Const
from checker.ir.symmetry import symmetry
from checker.ir.system import System
from checker.ir.walk import subexpressions
from checker.judgement.certify import NotCertified, certify
from checker.types import Index, Lock, Map, Maybe, Queue, Record, Set
from tests.native.random_systems import random_system
from tests.semantics import support

TESTS = pathlib.Path(__file__).parents[1]


# ── permutations of values, defined once more and as plainly as can be ───────────────────────

class Permutation:
    """Renames the elements of some Index types in values and states."""

    def __init__(self, system: System, images: dict[Index, tuple[int, ...]]) -> None:
        self.system, self.images = system, images
        numbers = {(i.process.name, i.key): i.number for i in system.instances}
        self.holder = {i.number: numbers[i.process.name, self.value(i.process.domain, i.key)]
                       for i in system.instances}

    def value(self, of, value):
        match of:
            case Index():
                return self.images[of][value] if of in self.images else value
            case Lock():
                return None if value is None else self.holder[value]
            case Maybe(inner):
                return None if value is None else self.value(inner, value)
            case Set(inner):
                return frozenset(self.value(inner, element) for element in value)
            case Queue(inner, _):
                return tuple(self.value(inner, element) for element in value)
            case Record(fields):
                return tuple(self.value(t, v) for (_, t), v in zip(fields, value))
            case Map(key, inner):
                moved = [self.value(inner, element) for element in value]
                if key in self.images:
                    moved = [moved[self.images[key].index(i)] for i in range(len(moved))]
                return tuple(moved)
        return value

    def state(self, state):
        """A dead local keeps the lowest value that it has."""
        return tuple(self._variable(variable, state) for variable in self.system.variables)

    def _variable(self, variable, state):
        value = state[self.system.position[variable.name]]
        if variable.kind != "local":
            return self.value(variable.type, value)
        process = self.system.process[variable.process]
        at = state[self.system.position[process.location_variable]]

        def one(where, kept):
            location = process.locations.get(where)
            live = location is not None and variable.source_name in location.live
            return self.value(process.locals[variable.source_name], kept) if live else kept

        if process.domain is None:
            return one(at, value)
        moved = list(map(one, at, value))
        if process.domain in self.images:
            moved = [moved[self.images[process.domain].index(i)] for i in range(len(moved))]
        return tuple(moved)


def orbits(system, scalarsets):
    """The number of orbits that hold a reachable state, by trying every permutation."""
    permutations = [Permutation(system, dict(zip(scalarsets, images)))
                    for images in itertools.product(*(
                        itertools.permutations(range(index.size)) for index in scalarsets))]
    seen, count, frontier = set(), 0, list(initial_states(system))
    reached = set()
    while frontier:
        state = frontier.pop()
        if state not in reached:
            reached.add(state)
            frontier.extend(s.after for s in steps(system, state) if s.after is not None)
    for state in reached:
        if state not in seen:
            count += 1
            seen |= {p.state(state) for p in permutations}
    return count


def check(system, *, threads=1):
    """On and off say the same, each path is a real one, and one state of each orbit is stored."""
    scalarsets = symmetry(system).scalarsets
    expected, found = reference(system), explore(system, threads=threads, reduce=["symmetry"])
    assert found.complete and found.reductions
    for name in ("violations", "witnesses"):
        lengths = [{n: len(path) for n, path in getattr(it, name).items()}
                   for it in (expected, found)]
        assert lengths[0] == lengths[1], name
    assert (found.depth, found.fired, found.antecedents) == (
        expected.depth, expected.fired, expected.antecedents)
    for name, path in (found.violations | found.witnesses).items():
        certify(system, name, path)
    assert found.distinct == orbits(system, scalarsets) <= expected.distinct
    return found


def system_of(path, **constants):
    return load(TESTS / path)[-1].system(None, **constants)


@pytest.mark.parametrize("path, constants, orbits_found", [
    ("systems/two_phase.py", dict(managers=4), None),
    ("systems/tcommit.py", dict(managers=4), 15 + 5 - 1),
    ("systems/allocator.py", dict(clients=3, resources=2), None),
    ("systems/allocator.py", dict(clients=2, resources=3), None),
    ("systems/barrier.py", dict(processes=5), 6),
    ("protocols/ricart_agrawala.py", dict(nodes=2), None),
    ("protocols/ticket_lock.py", dict(threads=3), None),
    ("protocols/lock_server.py", dict(nodes=3), None),
    ("protocols/decentralized_lock.py", dict(nodes=3), None),
    ("specs/group_attach.py", dict(groups=2, pages=2), None),
])
def test_one_state_of_each_orbit(path, constants, orbits_found):
    found = check(system_of(path, **constants), threads=2)
    assert orbits_found in (None, found.distinct)


# ── every way in which a state can name an element ───────────────────────────────────────────

RECORDS = """
    Request = Record(client=Index("client", 3), page=Index("page", 2), write=Bool)
    Entry = Record(node=Index("node", 3), item=Index("item", 2))
"""
NAMED = {
    "keys and locals": """
        def __init__(self):
            self.node = Index("node", 3)
            self.level = Map(self.node, Int(0, 2))

        @process(each="node")
        async def climb(self, n):
            other = pick(self.node, "other")
            await step("look")
            if other != n and self.level[other] > 0:
                await step("jump")
                self.level[n] = 2
            else:
                await step("up")
                self.level[n] = 1

        @invariant
        def low(self):
            return sum(self.level[n] for n in self.node) < 5
        """,
    "a graph": """
        def __init__(self):
            self.node = Index("node", 4)
            self.next = Map(self.node, Maybe(self.node))

        @process(each="node", daemon=True)
        async def point(self, n):
            while True:
                await until(lambda: self.next[n] is None)
                self.next[n] = pick(self.node, "to")

        @invariant
        def no_pair(self):
            return not any(a != b and self.next[a] is not None and self.next[a] == b
                           and self.next[b] is not None and self.next[b] == a
                           for a in self.node for b in self.node)
        """,
    "queues of records": """
        def __init__(self):
            self.client, self.page = Index("client", 3), Index("page", 2)
            self.queue = Queue(Request, 3)
            self.owner = Map(self.page, Maybe(self.client))

        @process(each="client")
        async def ask(self, c):
            await step("ask")
            p = pick(self.page, "page")
            w = maybe("write")
            self.queue.put(Request(client=c, page=p, write=w))

        @process(daemon=True)
        async def serve(self):
            while True:
                request = await self.queue.get()
                await step("serve")
                if request.write:
                    self.owner[request.page] = request.client

        @sometimes
        def all_owned(self):
            return all(self.owner[p] is not None for p in self.page)
        """,
    "sets, matrices and a lock": """
        def __init__(self):
            self.node, self.item = Index("node", 3), Index("item", 2)
            self.has = Map(self.node, self.item, Bool)
            self.leader = Var(self.node)
            self.down = Set(self.node)
            self.lock = Lock
            self.last = Maybe(Entry)

        @process(each="node")
        async def work(self, n):
            async with self.lock:
                await step("take")
                i = pick(self.item, "item")
                self.has[n, i] = True
                self.last = Entry(node=n, item=i)
            await step("fall")
            self.down.add(n)
            self.leader = n

        @step_invariant
        def not_the_leader_twice(self, before, after):
            return before.leader == after.leader or before.leader not in after.down

        @invariant
        def somebody_up(self):
            return len(self.down) < 3
        """,
    "instances without a parameter": """
        def __init__(self):
            self.turns = Int(0, 3)
            self.gate = Lock
            self.waiting = Queue(Bool, 2)

        @process(times=3)
        async def worker(self):
            await self.gate.acquire()
            await step("inside")
            self.turns += 1
            if fails("release"):
                return
            self.gate.release()
        """,
}


@pytest.mark.parametrize("name", NAMED)
def test_all_that_names_an_element(name, tmp_path):
    text = support.component(NAMED[name], RECORDS)
    check(support.tested(support.write(text, tmp_path)).system)


@pytest.mark.parametrize("name", NAMED)
def test_generated_code_has_no_warnings(name, tmp_path):
    text = support.component(NAMED[name], RECORDS)
    system = support.tested(support.write(text, tmp_path)).system
    generated = generate(system, reductions(system, ["symmetry"]))
    source = tmp_path / "model.c"
    source.write_text(generated.text)
    done = subprocess.run(
        [*build.compiler(), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror",
         "-Wno-unused-but-set-variable", "-I", str(SOURCES),
         f"-DWORDS={generated.layout.words}", "-c", str(source), "-o", str(tmp_path / "o")],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ── what is not interchangeable, and that it matters ─────────────────────────────────────────

ONE_BY_ONE = """
    def __init__(self):
        self.node, self.page = Index("node", 2), Index("page", 2)
        self.first = Maybe(self.node)
        self.touched = Map(self.page, Bool)

    @process(each="node")
    async def work(self, n):
        await step("go")
        if self.first is None:
            self.first = n
        p = pick(self.page, "page")
        self.touched[p] = True

    @invariant(each="node")
    def not_first(self, n):
        return self.first != n
"""


def one_by_one(tmp_path, more=""):
    text = support.component(ONE_BY_ONE + more)
    return support.tested(support.write(text, tmp_path)).system


def test_an_element_that_a_property_names_is_not_interchangeable(tmp_path):
    system = one_by_one(tmp_path)
    found = reductions(system, ["symmetry"])
    assert [index.name for index in found.symmetry] == ["page"]
    [note] = found.notes
    assert note.startswith("no symmetry of node: the property `not_first(node0)` names node0 (")
    assert ".py:" in note
    assert set(check(system).violations) == {"not_first(node0)", "not_first(node1)"}


def test_symmetry_without_anything_interchangeable_is_refused(tmp_path):
    system = one_by_one(tmp_path, """
    @sometimes(each="page")
    def seen(self, p):
        return self.touched[p]
""")
    with pytest.raises(UserError, match=r"--reduce symmetry: no Index is interchangeable: node: "
                       r"the property `not_first\(node0\)` names node0 .*; page: the property "
                       r"`seen\(page0\)` names page0 .*\n.*leave out"):
        explore(system, reduce=["symmetry"])


def test_it_matters_whether_an_element_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(ir_symmetry, "_invariant", lambda *_: True)
    system = one_by_one(tmp_path)
    with pytest.raises((AssertionError, RuntimeError, NotCertified)):
        check(system)


def test_it_matters_whether_a_local_is_dead(monkeypatch, tmp_path):
    monkeypatch.setattr(SymmetryCode, "_named_by_local", lambda *_: False)
    with pytest.raises((AssertionError, RuntimeError, NotCertified)):
        check(support.tested(support.write(support.component(NAMED["keys and locals"]),
                                           tmp_path)).system)


def test_a_random_element_is_a_constant_like_any_other():
    """Handmade systems name elements wherever they like: nothing of that is called symmetric."""
    for seed in range(40):
        system = random_system(seed)
        names = {value.value for _, _, expr in ir_symmetry._expressions(system)
                 for value in subexpressions(expr)
                 if isinstance(value, Const) and isinstance(value.type, Index)}
        assert not names or not symmetry(system).scalarsets


@pytest.mark.parametrize("threads", [1, 2])
def test_the_path_does_not_depend_on_the_threads(threads, tmp_path):
    text = support.component(NAMED["keys and locals"])
    system = support.tested(support.write(text, tmp_path)).system
    paths = [explore(system, threads=n, reduce=["symmetry"]).violations for n in (threads, 1)]
    assert paths[0] == paths[1]


def test_a_limit_counts_representatives(tmp_path):
    system = system_of("systems/two_phase.py", managers=4)
    found = explore(system, threads=1, limit=50, reduce=["symmetry"])
    assert not found.complete and found.distinct == 50 and "limit" in found.reason
