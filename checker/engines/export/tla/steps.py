"""The steps of a process in TLA+: one action for each location.

The statements of a step change one state in order, an action relates two states. So a step is
executed on paper: every assignment gives its variable a new expression, conditionals whose
branches meet again give `IF c THEN a ELSE b`, and what stands at the step's ends are the new
values. A check becomes a condition of the action, and of a second operator, `..._fails`, that is
true where the step would violate it.
"""
from __future__ import annotations

import re
from collections.abc import Callable

from checker.engines.export.names import origin
from checker.engines.export.structure import (Body, End, If, Item, Loop, falls_through, items,
                                              step_body)
from checker.engines.export.tla import text
from checker.engines.export.tla.expressions import Expressions, chosen
from checker.engines.export.tla.script import (Exists, Fork, Guard, Leaf, Let, Script, mentions,
                                               tidy)
from checker.engines.export.tla.text import ATOM, T, conditional, conjunction, negation
from checker.ir.nodes import Assign, Check, Choose, Expr, Local, Location, Op, Var
from checker.ir.system import Process
from checker.ir.walk import children, statement_expressions
from checker.source import NOWHERE, Loc
from checker.types import Map
from checker.values import domain, lowest

SHORT = re.compile(r'-?\w+|"[^"]*"')
"""What needs no name of its own."""

Env = dict[object, T]
Bind = Callable[[str, T, Loc], T]


class Steps:
    """The scripts of one process."""

    def __init__(self, process: Process, t: Expressions) -> None:
        self.process, self.t = process, t
        over = process.domain is not None
        self.parameter = t.local(process.parameter) if over else ""
        self.me = t.identity(process.name, T(self.parameter) if over else None)
        self.moves = len(process.location_type.members) > 1
        """Whether there is a variable that says where the instance waits."""

    # ── what the process keeps ──────────────────────────────────────────────────────────────

    def own(self, variable: str) -> T:
        """What a variable of the process holds for the instance."""
        name = self.t.variable(variable)
        return T(f"{name}[{self.parameter}]") if self.parameter else T(name)

    def written(self, variable: str, value: T) -> T:
        """A variable of the process with a new value for the instance."""
        name = self.t.variable(variable)
        return T(f"[{name} EXCEPT ![{self.parameter}] = {value}]") if self.parameter else value

    def at(self, *locations: str) -> T:
        """The condition that the instance waits at one of the locations."""
        if not self.moves:
            return text.TRUE
        where = self.own(self.process.location_variable)
        shown = [str(text.string(name)) for name in locations]
        if len(shown) == 1:
            return T(f"{where} = {shown[0]}", text.COMPARE)
        return T(f"{where} \\in {{{', '.join(shown)}}}", text.COMPARE)

    def waiting(self, location: Location) -> Env:
        """What an expression finds while the instance waits."""
        env: Env = {("local", name): self.own(self.process.local_variable(name))
                    for name in location.live}
        env["me"] = self.me
        if self.parameter:
            env["local", self.process.parameter] = T(self.parameter)
        return env

    def guard(self, location: Location) -> T:
        return self.t.compile(location.guard, self.waiting(location))

    # ── one step ────────────────────────────────────────────────────────────────────────────

    def script(self, location: Location) -> Script:
        """What the step from a location does, its guard aside."""
        run = _Run(self, location)
        body = step_body(self.process, location.entry)
        script: Script = []
        run.body(body, self.waiting(location), text.TRUE, script)
        return tidy(script)

    def may_stutter(self, location: Location) -> bool:
        """Whether a step may end where it began: then it may change nothing at all."""
        ends = [item.location for item in items(step_body(self.process, location.entry))
                if isinstance(item, End)]
        return location.name in ends


class _Run:
    """The execution of one step on paper."""

    def __init__(self, steps: Steps, location: Location) -> None:
        self.steps, self.t, self.process = steps, steps.t, steps.process
        self.location = location
        self.names = self.t.names.inner()
        self.excepts: dict[str, tuple[T, list[str]]] = {}
        self.written_at: dict[str, Loc] = {}
        self.out: Script = []

    # ── bodies ──────────────────────────────────────────────────────────────────────────────

    def body(self, body: Body, env: Env, path: T, out: Script) -> Env | None:
        """Execute the items in order into `out`, changing `env`; None where the step ended.

        `path` is the condition under which the items are executed at all.
        """
        for number, item in enumerate(body):
            if isinstance(item, End):
                out.append(self._end(item, env))
                return None
            if isinstance(item, If) and any(isinstance(i, End) for i in items((item,))):
                return self._fork(item, body[number + 1:], env, path, out)
            self._item(item, env, path, out)
        return env

    def _item(self, item: Item, env: Env, path: T, out: Script) -> None:
        def bind(wanted: str, value: T, loc: Loc) -> T:
            if SHORT.fullmatch(value.text):
                return value
            name = self.names.fresh(wanted)
            out.append(Let(name, value, loc))
            return T(name)

        match item:
            case Assign():
                self._assign(item, env, bind)
            case Check(condition, kind):
                wanted = text.implication(path, self.t.compile(condition, env))
                if wanted != text.TRUE:
                    out.append(Guard(wanted, kind, item.loc))
            case Choose():
                self._choose(item, env, path, out)
            case If():
                self._convert(item, env, path, out, bind)
            case Loop():
                self._loop(item, env, path, out, bind)

    def _fork(self, item: If, rest: Body, env: Env, path: T, out: Script) -> None:
        """A conditional of which some path ends: each branch takes along what follows."""
        test = self.t.compile(item.condition, env)
        branches: list[Script] = []
        for branch in (item.then, item.otherwise):
            script: Script = []
            further = (*branch, *rest) if falls_through(branch) else branch
            self.body(further, dict(env), path, script)
            branches.append(script)
        out.append(Fork(test, *branches, item.loc))

    def _convert(self, item: If, env: Env, path: T, out: Script, bind: Bind) -> None:
        """A conditional whose branches meet again: conditional values."""
        test = self.t.compile(item.condition, env)
        if test.level < ATOM and len(test.text) > 24:
            test = bind("holds", test, item.loc)
        first, second = dict(env), dict(env)
        self.body(item.then, first, conjunction(path, test), out)
        self.body(item.otherwise, second, conjunction(path, negation(test)), out)
        self.merge(test, first, second, env, bind, item.loc)

    def merge(self, test: T, first: Env, second: Env, env: Env, bind: Bind, loc: Loc) -> None:
        """Into `env`, what each name stands for behind a conditional."""
        for key in {**first, **second}:
            a, b = first.get(key), second.get(key)
            if isinstance(key, str) and key != "me":
                a, b = a or T(self.t.variable(key)), b or T(self.t.variable(key))
            if a is None or b is None:
                env.pop(key, None)                # a local that no path behind may read
            elif a == b:
                env[key] = a
            else:
                env[key] = bind(self._wanted(key), conditional(test, a, b), loc)

    def _wanted(self, key: object) -> str:
        name = key if isinstance(key, str) else key[1]
        return self.t.variable(name) if isinstance(key, str) else self.t.local(name)

    # ── statements ──────────────────────────────────────────────────────────────────────────

    def _assign(self, item: Assign, env: Env, bind: Bind) -> None:
        place, value = item.place, self.t.compile(item.value, env)
        if not place.local:
            self.written_at[place.name] = item.loc
        key: object = ("local", place.name) if place.local else place.name
        if place.path and self._cell(place.name, place.path[0], env):
            key = ("cell", place.name, place.path[0].name)
            path, of = place.path[1:], place.root.value
        else:
            path, of = place.path, place.root
        if path:
            before = env.get(key) or (self.t.value(of, lowest(of)) if place.local
                                      else T(self.t.variable(place.name)))
            self._change(key, before, self._clause(path, of, env), value, env, bind, item.loc)
        else:
            env[key] = bind(self._wanted(key), value, item.loc)

    def _cell(self, name: str, first: Expr | str, env: Env) -> bool:
        return isinstance(first, Local) and ("cell", name, first.name) in env

    def _clause(self, path: tuple[Expr | str, ...], of: Map, env: Env) -> str:
        """A path as it stands behind the `!` of an EXCEPT."""
        found = ""
        for key in path:
            if isinstance(key, str):
                found, of = f"{found}.{self.t.field(key)}", of.field_type(key)
            else:
                found, of = f"{found}[{self.t.key(key, of, env)}]", of.value
        return found

    def _change(self, key: object, before: T, where: str, value: T, env: Env, bind: Bind,
                loc: Loc) -> None:
        """`before` with one part replaced; changes in a row are clauses of one EXCEPT."""
        base, clauses = self.excepts.get(before.text, (before, []))
        if any(mentions(part, before.text) for part in (where, value.text)):
            base, clauses = before, []
        clauses = [*clauses, f"!{where} = {value}"]
        changed = T(f"[{base} EXCEPT {', '.join(clauses)}]")
        env[key] = bind(self._wanted(key), changed, loc)
        if SHORT.fullmatch(env[key].text):
            self.excepts[env[key].text] = base, clauses

    def _choose(self, item: Choose, env: Env, path: T, out: Script) -> None:
        name = self.t.local(item.variable)
        inner = {**env, ("local", item.variable): T(name)}
        over = chosen(name, self.t.domain(item.domain), self.t.compile(item.where, inner))
        other = self.t.value(item.domain, lowest(item.domain))
        over = conditional(path, over, T(f"{{{other}}}"))
        place = origin(item.loc)
        out.append(Exists(name, over, f"{item.kind} {item.name!a}" + f"  {place}" * bool(place)))
        env["local", item.variable] = T(name)

    # ── loops ───────────────────────────────────────────────────────────────────────────────

    def _loop(self, item: Loop, env: Env, path: T, out: Script, bind: Bind) -> None:
        variable, over = item.statement.variable, item.statement.domain
        touched = _pointwise(item)
        if touched is not None:
            self._all_at_once(item, touched, env, path, out, bind)
            return
        for value in domain(over):
            env["local", variable] = self.t.value(over, value)
            self.body(item.body, env, path, out)
        del env["local", variable]

    def _all_at_once(self, item: Loop, touched: set[str], env: Env, path: T, out: Script,
                     bind: Bind) -> None:
        """A loop that changes only the loop's own element of some maps: a function each."""
        variable = item.statement.variable
        name, over = self.t.local(variable), self.t.domain(item.statement.domain)
        cells = {("cell", v, variable): T(f"{env.get(v) or self.t.variable(v)}[{name}]")
                 for v in touched}
        inner: Env = {**env, **cells, ("local", variable): T(name)}
        self._in_element(item.body, inner, path, out, name, over)
        for v in sorted(touched):
            value = inner["cell", v, variable]
            if value != cells["cell", v, variable]:
                whole = T(f"[{name} \\in {over} |-> {value}]")
                env[v] = bind(self.t.variable(v), whole, item.statement.loc)

    def _in_element(self, body: Body, env: Env, path: T, out: Script, name: str,
                    over: T) -> None:
        """The body for one element, everything written out: definitions would be outside."""
        def bind(wanted: str, value: T, loc: Loc) -> T:
            return value

        for item in body:
            match item:
                case Assign():
                    self._assign(item, env, bind)
                case Check(condition, kind):
                    wanted = text.implication(path, self.t.compile(condition, env))
                    if wanted != text.TRUE:
                        out.append(Guard(text.bind("\\A", name, over, wanted), kind, item.loc))
                case If(condition, then, otherwise):
                    test = self.t.compile(condition, env)
                    first, second = dict(env), dict(env)
                    self._in_element(then, first, conjunction(path, test), out, name, over)
                    self._in_element(otherwise, second, conjunction(path, negation(test)), out,
                                     name, over)
                    self.merge(test, first, second, env, bind, item.loc)

    # ── the end ─────────────────────────────────────────────────────────────────────────────

    def _end(self, end: End, env: Env) -> Leaf:
        steps, process, source = self.steps, self.process, self.location
        live = process.locations[end.location].live if end.location in process.locations else ()
        updates: dict[str, tuple[T, Loc]] = {}
        for name, value in env.items():
            if isinstance(name, str) and name != "me" and value != T(self.t.variable(name)):
                updates[name] = value, self.written_at.get(name, NOWHERE)
        if end.location != source.name and steps.moves:
            at = process.location_variable
            updates[at] = steps.written(at, text.string(end.location)), NOWHERE
        for name, of in process.locals.items():
            variable = process.local_variable(name)
            value = env["local", name] if name in live else self.t.value(of, lowest(of))
            kept = name in source.live and value == steps.own(variable)
            if not kept and (name in live or name in source.live):
                updates[variable] = steps.written(variable, value), NOWHERE
        names = [v.name for v in self.t.kept]
        return Leaf(tuple((self.t.variable(v), *updates[v]) for v in names if v in updates),
                    tuple(self.t.variable(v) for v in names if v not in updates))


def _pointwise(loop: Loop) -> set[str] | None:
    """The maps of which the loop changes its own element only; None where it does more."""
    variable, over = loop.statement.variable, loop.statement.domain
    inside = list(items(loop.body))
    touched: set[str] = set()
    for item in inside:
        match item:
            case Assign(place):
                own = place.path and place.path[0] == Local(variable, over)
                if place.local or not own or place.root.key != over:
                    return None
                touched.add(place.name)
            case Loop() | Choose():
                return None
    for item in inside:
        exprs = (item.condition,) if isinstance(item, If) else statement_expressions(item)
        for expr in exprs:
            if not _own_elements(expr, variable, touched):
                return None
    return touched


def _own_elements(expr: Expr, variable: str, touched: set[str]) -> bool:
    """Whether the expression reads the maps at the loop's element only."""
    if isinstance(expr, Var):
        return expr.name not in touched
    if isinstance(expr, Op) and expr.op == "get":
        mapping, key = expr.args
        if isinstance(mapping, Var) and isinstance(key, Local) and key.name == variable:
            return True
    return all(_own_elements(child, variable, touched) for child in children(expr))

