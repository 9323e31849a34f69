"""Lemmas as Python: read from text to the IR, and written from the IR to text.

A lemma is what the author could have written in an `@invariant`, over the spec's own names, and
one thing more: where a process waits. `self.attach.at[g] == "detach"` says that the instance of
process `attach` for `g` waits at its location `detach`; `self.attach.x[g]` is its local `x`.

A file of lemmas holds functions that return one expression each; those in a class are of the
spec of that name:

    class GroupAttach:
        INSIDE = ("attach", "release")

        def lemma_3(self):
            return all(self.attach.at[g] not in INSIDE or self.holds[g] for g in self.group)

`self.lock.holder == self.attach[g]` says who holds a lock. The file is parsed, never run.
"""
from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from checker.engines.smt.anysize.atoms import alike, number
from checker.engines.smt.anysize.family import (Linear, Number, all_types, int_type,
                                                range_type)
from checker.engines.smt.anysize.holders import held_by, holder
from checker.engines.smt.anysize.refuse import OutsideFragment
from checker.ir import build
from checker.ir.nodes import Const, Expr, Field, Local, Op, Quantifier, Var
from checker.ir.system import System
from checker.source import NOWHERE, Loc
from checker.types import (NUMBERS, Bool, Enum, Index, Int, Lock, Map, Maybe, Record, Set, Type)

BOOL = Bool()


# ── writing ──────────────────────────────────────────────────────────────────────────────────

_BINARY = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "add": "+", "sub": "-", "mul": "*",
           "floordiv": "//", "mod": "%", "union": "|", "intersection": "&", "difference": "-",
           "subset": "<="}
_LEVEL = {"or": 1, "implies": 1, "and": 2, "not": 3, "eq": 4, "ne": 4, "lt": 4, "le": 4,
          "is_none": 4, "held_by": 4, "contains": 4, "subset": 4, "is_free": 3, "union": 5,
          "intersection": 6,
          "difference": 7, "add": 7, "sub": 7, "mul": 8, "floordiv": 8, "mod": 8, "neg": 9}


def show_lemma(system: System, expr: Expr) -> str:
    """An expression as Python over the spec's names."""
    return _Writer(system).show(expr, 0)


class _Writer:
    def __init__(self, system: System) -> None:
        self.system = system

    def show(self, expr: Expr, needed: int) -> str:
        level = _LEVEL.get(expr.op, 10) if isinstance(expr, Op) else 10
        if _members(expr) is not None:
            level = 4
        text = self.text(expr)
        return text if level >= needed else f"({text})"

    def text(self, expr: Expr) -> str:
        match expr:
            case Const(value, of):
                return f'"{value}"' if isinstance(of, Enum) else str(value)
            case Var(name):
                return f"self.{name}"
            case Local(name):
                return name
            case Field(record, name):
                return f"{self.show(record, 10)}.{name}"
            case Quantifier():
                return self.quantifier(expr)
            case Op():
                return self.operator(expr)
        raise OutsideFragment("P111", f"{type(expr).__name__} has no text")

    def quantifier(self, expr: Quantifier) -> str:
        """Nested quantifiers of one kind share their generator, as a person writes them."""
        kind, parts, body = expr.kind, [], expr
        while isinstance(body, Quantifier) and body.kind == kind and kind != "set":
            over = getattr(body.domain, "name", str(body.domain))
            parts.append(f"for {body.variable} in {_domain_text(over, body.domain)}")
            body = body.body
        if kind == "sum" and isinstance(body, Op) and body.op == "int":
            body = body.args[0]
        tests, body = self.distinctness(body) if kind == "all" else ("", body)
        return f"{kind}({self.show(body, 0)} {' '.join(parts)}{tests})"

    def distinctness(self, body: Expr) -> tuple[str, Expr]:
        """That elements differ, written as the generator's condition."""
        if isinstance(body, Op) and body.op == "implies":
            tests = body.args[0].args if getattr(body.args[0], "op", "") == "and" \
                else body.args[:1]
            if all(isinstance(t, Op) and t.op == "ne" and all(isinstance(a, Local) for a in t.args)
                   for t in tests):
                return " if " + " and ".join(self.show(t, 3) for t in tests), body.args[1]
        return "", body

    def operator(self, expr: Op) -> str:
        level = _LEVEL.get(expr.op, 10)
        args = expr.args
        among = _members(expr)
        if among is not None:
            part, names = among
            listed = ", ".join(f'"{name}"' for name in names)
            return f"{self.show(part, 5)} {'in' if expr.op == 'or' else 'not in'} ({listed})"
        match expr.op:
            case "and" | "or":
                return f" {expr.op} ".join(self.show(arg, level + 1) for arg in args)
            case "implies":
                return f"implies({self.show(args[0], 0)}, {self.show(args[1], 0)})"
            case "not" if isinstance(args[0], Op) and args[0].op == "is_free":
                return f"{self.show(args[0].args[0], 10)}.locked()"
            case "not":
                return f"not {self.show(args[0], level)}"
            case "get":
                keys, inner = [], expr
                while isinstance(inner, Op) and inner.op == "get":
                    inner, key = inner.args
                    keys.insert(0, self.show(key, 0))
                return f"{self.show(inner, 10)}[{', '.join(keys)}]"
            case "is_none":
                return f"{self.show(args[0], 5)} is None"
            case "min" | "max":
                return f"{expr.op}({', '.join(self.show(arg, 0) for arg in args)})"
            case "contains":
                return f"{self.show(args[1], 5)} in {self.show(args[0], 5)}"
            case "set_len":
                return f"len({self.show(args[0], 0)})"
            case "is_free":
                return f"not {self.show(args[0], 10)}.locked()"
            case "held_by":
                return self.holder(expr)
            case "some" | "int" | "value":
                return self.show(args[0], 10)
            case "ite":
                return (f"({self.show(args[1], 1)} if {self.show(args[0], 1)} "
                        f"else {self.show(args[2], 1)})")
        if expr.op in _BINARY:
            return (f"{self.show(args[0], level + (level == 4))} {_BINARY[expr.op]} "
                    f"{self.show(args[1], level + 1)}")
        raise OutsideFragment("P111", f"{expr.op} has no text")

    def holder(self, expr: Op) -> str:
        found = held_by(self.system, expr)
        if found is None:
            raise OutsideFragment("P111", "the number of an instance has no text")
        process, key = found
        instance = f"self.{process.name}" + ("" if key is None else f"[{self.show(key, 0)}]")
        return f"{self.show(expr.args[0], 10)}.holder == {instance}"


def _members(expr: Expr) -> tuple[Expr, list[str]] | None:
    """The part of the state and the names for `part in ("a", "b")`, or `not in`."""
    wanted = {"or": "eq", "and": "ne"}.get(getattr(expr, "op", ""))
    if wanted is None or not all(isinstance(e, Op) and e.op == wanted for e in expr.args):
        return None
    parts = {e.args[0] for e in expr.args}
    names = [e.args[1] for e in expr.args]
    if len(parts) > 1 or not all(isinstance(n, Const) and isinstance(n.type, Enum)
                                 for n in names):
        return None
    return parts.pop(), [n.value for n in names]


def among(part: Expr, names: Sequence[str], *, negated: bool = False) -> Expr:
    """That a name is one of several, or none of them."""
    tests = [Op("ne" if negated else "eq", (part, Const(name, part.type)), BOOL)
             for name in names]
    return build.conjunction(tests) if negated else build.disjunction(tests)


def _domain_text(over: str, of: Type) -> str:
    return f"self.{over}" if isinstance(of, Index) else over


# ── reading ──────────────────────────────────────────────────────────────────────────────────

@dataclass(frozen=True)
class Written:
    """A lemma of a file: its name, what it says and where."""

    name: str
    expr: Expr
    text: str
    loc: Loc


def read_file(system: System, path: str, text: str,
              left_out: list[str] | None = None) -> list[Written]:
    """The lemmas of a file that are the system's, in order: those in the class that is called
    like it, and those in no class.

    `left_out` takes the text of those that speak of what this instance of the spec does not
    have. Raises OutsideFragment for what is no lemma; without `left_out` for those as well.
    """
    try:
        module = ast.parse(text, path)
    except SyntaxError as error:
        raise OutsideFragment("P111", f"this is not Python: {error.msg}",
                              Loc(path, error.lineno or 1)) from None
    named: dict[str, ast.expr] = {}
    found: list[Written] = []
    body = [*module.body, *(node for each in module.body if isinstance(each, ast.ClassDef)
                            and each.name == system.name for node in each.body)]
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
        elif isinstance(node, ast.FunctionDef):
            value = _returned(node, path)
            try:
                expr = _Reader(system, path, named).truth(value, {})
            except OutsideFragment:
                if left_out is None:
                    raise
                left_out.append(ast.unparse(value))
            else:
                found.append(Written(node.name, expr, ast.unparse(value), Loc(path, node.lineno)))
    return found


def _returned(node: ast.FunctionDef, path: str) -> ast.expr:
    last = node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or any(
            not isinstance(s, ast.Expr) for s in node.body[:-1]):
        raise OutsideFragment("P111", f"`{node.name}` is not one `return`",
                              Loc(path, node.lineno))
    return last.value


def read_lemma(system: System, text: str, path: str = "") -> Expr:
    """One expression. Raises OutsideFragment."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise OutsideFragment("P111", f"this is not Python: {error.msg}") from None
    return _Reader(system, path).truth(node, {})


Names = dict[str, Local]


class _Reader:
    def __init__(self, system: System, path: str,
                 named: dict[str, ast.expr] | None = None) -> None:
        self.system, self.path, self.named = system, path, named or {}
        self.domains = {of.name: of for of in all_types(system) if isinstance(of, Index)}

    def refuse(self, node: ast.AST, what: str) -> OutsideFragment:
        loc = Loc(self.path, node.lineno, node.col_offset, node.end_lineno,
                  node.end_col_offset) if self.path else NOWHERE
        return OutsideFragment("P111", f"`{ast.unparse(node)}`: {what}", loc)

    def truth(self, node: ast.expr, names: Names) -> Expr:
        expr = self.expr(node, names)
        if not isinstance(expr.type, Bool):
            raise self.refuse(node, f"{expr.type} is no condition")
        return expr

    def expr(self, node: ast.expr, names: Names, wanted: Type | None = None) -> Expr:
        match node:
            case ast.Constant():
                return self.constant(node, wanted)
            case ast.Name(name) if name in names:
                return names[name]
            case ast.Name(name) if name in self.system.constants:
                value = self.size(node)
                return Const(value, int_type(value, value))
            case ast.BoolOp(op, parts):
                truths = [self.truth(part, names) for part in parts]
                return Op("and" if isinstance(op, ast.And) else "or", tuple(truths), BOOL)
            case ast.UnaryOp(ast.Not(), operand):
                return build.negation(self.truth(operand, names))
            case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
                return build.number(-value)
            case ast.IfExp(test, then, otherwise):
                a = self.expr(then, names, wanted)
                b = self.expr(otherwise, names, a.type)
                of = Int(-2 ** 40, 2 ** 40) if isinstance(a.type, NUMBERS) else a.type
                return Op("ite", (self.truth(test, names), a, b), of)
            case ast.BinOp():
                return self.arithmetic(node, names)
            case ast.Compare():
                return self.compare(node, names)
            case ast.Call(ast.Name("any" | "all" | "sum" as kind), [ast.GeneratorExp() as over]):
                return self.quantifier(kind, over, names)
            case ast.Call():
                return self.call(node, names)
            case ast.Subscript():
                return self.subscript(node, names)
            case ast.Attribute():
                return self.attribute(node, names)
        raise self.refuse(node, "this has no meaning in a lemma")

    def constant(self, node: ast.Constant, wanted: Type | None) -> Expr:
        value = node.value
        if isinstance(value, bool):
            return build.boolean(value)
        if isinstance(value, int):
            return build.number(value)
        if isinstance(value, str) and isinstance(wanted, Enum) and value in wanted.members:
            return Const(value, wanted)
        if value is None and isinstance(wanted, Maybe):
            return Const(None, wanted)
        raise self.refuse(node, "no value of the type needed here")

    def attribute(self, node: ast.Attribute, names: Names) -> Expr:
        parts, inner = [], node
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id == "self":
            name = ".".join(parts)
            if name in self.system.variable:
                return Var(name, self.system.variable[name].type)
        else:
            record = self.expr(node.value, names)
            of = record.type.field_type(node.attr) if isinstance(record.type, Record) else None
            if of is not None:
                return Field(record, node.attr, of)
        raise self.refuse(node, "there is no such variable")

    def subscript(self, node: ast.Subscript, names: Names) -> Expr:
        expr = self.expr(node.value, names)
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for key in keys:
            if not isinstance(expr.type, Map):
                raise self.refuse(node, f"{expr.type} is no map")
            at = self.expr(key, names, expr.type.key)
            expr = Op("get", (expr, at), expr.type.value)
        return expr

    def quantifier(self, kind: str, node: ast.GeneratorExp, names: Names) -> Expr:
        inner, bound, conditions = dict(names), [], []
        for generator in node.generators:
            of = self.domain(generator.iter)
            assert isinstance(generator.target, ast.Name)
            inner[generator.target.id] = Local(generator.target.id, of)
            bound.append((generator.target.id, of))
            conditions += [self.truth(test, inner) for test in generator.ifs]
        body = self.expr(node.elt, inner)
        if kind == "sum":
            summand = body if isinstance(body.type, NUMBERS) else Op("int", (body,), Int(0, 1))
            if conditions:
                zero = build.number(0)
                summand = Op("ite", (build.conjunction(conditions), summand, zero), summand.type)
            body = summand
        elif conditions:
            test = build.conjunction(conditions)
            body = (build.conjunction([test, body]) if kind == "any"
                    else build.implication(test, body))
        for name, of in reversed(bound):
            kind_type = Int(0, 2 ** 30) if kind == "sum" else BOOL
            body = Quantifier(kind, name, of, body, kind_type)
        return body

    def domain(self, node: ast.expr) -> Type:
        match node:
            case ast.Attribute(_, name) if name in self.domains:
                return self.domains[name]
            case ast.Call(ast.Name("range" | "Range"), [size]):
                return range_type(self.size(size))
            case ast.Call(ast.Name("Int"), [lo, hi]):
                return int_type(self.size(lo), self.size(hi))
        raise self.refuse(node, "this is no Index of the spec, and no Range")

    def size(self, node: ast.expr) -> Number:
        """A number, or what is linear in the spec's constants, such as `slots + 1`."""
        match node:
            case ast.Constant(int(value)) if not isinstance(value, bool):
                return value
            case ast.Name(name) if isinstance(self.system.constants.get(name), (int, Linear)):
                return self.system.constants[name]
            case ast.BinOp(left, ast.Add(), right):
                return self.size(left) + self.size(right)
            case ast.BinOp(left, ast.Sub(), right):
                return self.size(left) - self.size(right)
            case ast.BinOp(ast.Constant(int(factor)), ast.Mult(), right):
                return factor * self.size(right)
        raise self.refuse(node, "no number, and no constant that is one")

    def call(self, node: ast.Call, names: Names) -> Expr:
        match node:
            case ast.Call(ast.Name("implies"), [left, right]):
                return Op("implies", (self.truth(left, names), self.truth(right, names)), BOOL)
            case ast.Call(ast.Name("min" | "max" as op), [_, _]):
                parts = tuple(self.expr(arg, names) for arg in node.args)
                return Op(op, parts, Int(-2 ** 40, 2 ** 40))
            case ast.Call(ast.Name("len"), [of]):
                return Op("set_len", (self.expr(of, names),), Int(0, 2 ** 30))
            case ast.Call(ast.Attribute(lock, "locked"), []):
                expr = self.expr(lock, names)
                if isinstance(expr.type, Lock):
                    return build.negation(Op("is_free", (expr,), BOOL))
        raise self.refuse(node, "this call has no meaning in a lemma")

    def arithmetic(self, node: ast.BinOp, names: Names) -> Expr:
        ops = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}
        if type(node.op) not in ops:
            raise self.refuse(node, "this operator has no meaning in a lemma")
        left, right = self.expr(node.left, names), self.expr(node.right, names)
        return Op(ops[type(node.op)], (left, right), Int(-2 ** 40, 2 ** 40))

    def compare(self, node: ast.Compare, names: Names) -> Expr:
        parts, left = [], node.left
        for op, right in zip(node.ops, node.comparators):
            parts.append(self.comparison(node, op, left, right, names))
            left = right
        return build.conjunction(parts)

    def comparison(self, node: ast.AST, op: ast.cmpop, left: ast.expr, right: ast.expr,
                   names: Names) -> Expr:
        if isinstance(op, (ast.In, ast.NotIn)) and self.listed(right) is not None:
            return self.member(node, left, self.listed(right), names, isinstance(op, ast.NotIn))
        if isinstance(op, (ast.Eq, ast.NotEq)) and isinstance(left, ast.Attribute) \
                and left.attr == "holder":
            found = self.holder(node, left.value, right, names)
            return found if isinstance(op, ast.Eq) else build.negation(found)
        if isinstance(op, (ast.In, ast.NotIn)):
            members = self.expr(right, names)
            if not isinstance(members.type, Set):
                raise self.refuse(node, f"{members.type} is no set")
            inside = Op("contains", (members, self.expr(left, names)), BOOL)
            return inside if isinstance(op, ast.In) else build.negation(inside)
        if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            b = self.expr(right, names)
            a = self.expr(left, names, b.type)
        else:
            a = self.expr(left, names)
            b = self.expr(right, names, a.type)
        if isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
            a, b = alike(a, b)
        else:
            a, b = number(a), number(b)
        match op:
            case ast.Is() | ast.IsNot() if isinstance(a.type, Maybe) and b == Const(None, a.type):
                none = Op("is_none", (a,), BOOL)
                return none if isinstance(op, ast.Is) else build.negation(none)
            case ast.Eq():
                return Op("eq", (a, b), BOOL)
            case ast.NotEq():
                return Op("ne", (a, b), BOOL)
            case ast.Lt():
                return Op("lt", (a, b), BOOL)
            case ast.LtE():
                return Op("le", (a, b), BOOL)
            case ast.Gt():
                return Op("lt", (b, a), BOOL)
            case ast.GtE():
                return Op("le", (b, a), BOOL)
        raise self.refuse(node, "this comparison has no meaning in a lemma")


    def listed(self, node: ast.expr) -> list[ast.expr] | None:
        """The elements of a tuple, or of one that the file gives a name."""
        if isinstance(node, ast.Name):
            node = self.named.get(node.id, node)
        return node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else None

    def member(self, node: ast.AST, left: ast.expr, listed: list[ast.expr], names: Names,
               negated: bool) -> Expr:
        part = self.expr(left, names)
        values = [getattr(each, "value", None) for each in listed]
        if not isinstance(part.type, Enum) or any(v not in part.type.members for v in values):
            raise self.refuse(node, f"not all of these are values of {part.type}")
        return among(part, values, negated=negated)

    def holder(self, node: ast.AST, lock: ast.expr, instance: ast.expr, names: Names) -> Expr:
        """`self.lock.holder == self.process[k]`."""
        key = None
        if isinstance(instance, ast.Subscript):
            key = self.expr(instance.slice, names)
            instance = instance.value
        process = self.system.process.get(ast.unparse(instance).removeprefix("self."))
        of = self.expr(lock, names)
        if not isinstance(of.type, Lock) or process is None or (key is None) != (
                process.domain is None):
            raise self.refuse(node, "write `self.lock.holder == self.process[element]`")
        return holder(self.system, of, process, key)
