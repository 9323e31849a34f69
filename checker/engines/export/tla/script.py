"""A step's effect as a script: definitions, conditions, choices, and the new values at its ends.

A script is a list of entries. Everything before an entry holds for it; a `Fork` and a `Leaf` come
last. Definitions are pure, so where they stand matters only for what they mention.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, replace

from checker.engines.export.names import source
from checker.engines.export.tla.text import SUM, T, negation
from checker.source import NOWHERE, Loc


@dataclass(frozen=True, slots=True)
class Let:
    name: str
    value: T
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True)
class Guard:
    """The step goes on only where the condition is true; else it violates `kind`."""

    condition: T
    kind: str
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True)
class Exists:
    """A choice, of any element of a set."""

    name: str
    over: T
    comment: str


@dataclass(frozen=True, slots=True)
class Fork:
    condition: T
    then: Script
    otherwise: Script
    loc: Loc = NOWHERE


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end: new values by variable, all others unchanged."""

    updates: tuple[tuple[str, T, Loc], ...]
    unchanged: tuple[str, ...]


Entry = Let | Guard | Exists | Fork | Leaf
Script = list[Entry]


# ── tidying ──────────────────────────────────────────────────────────────────────────────────

def tidy(script: Script) -> Script:
    """Without definitions that nobody uses; those that only name a new value stand in its place."""
    kept: Script = []
    for entry in reversed(script):
        match entry:
            case Fork(condition, then, otherwise, loc):
                kept.insert(0, Fork(condition, tidy(then), tidy(otherwise), loc))
            case Let(name, value, loc):
                uses = sum(mentions(text, name) for text in _texts(kept))
                if uses == 1 and _names_a_value(kept, name):
                    kept = [_in_place(later, name, value, loc) for later in kept]
                elif uses:
                    kept.insert(0, entry)
            case _:
                kept.insert(0, entry)
    return kept


def mentions(text: str, name: str) -> int:
    return len(re.findall(rf"(?<![\w\"]){name}(?!\w)", text))


def _texts(script: Script) -> list[str]:
    found = []
    for entry in script:
        match entry:
            case Let(_, value):
                found.append(value.text)
            case Guard(condition):
                found.append(condition.text)
            case Exists(_, over):
                found.append(over.text)
            case Fork(condition, then, otherwise):
                found += [condition.text, *_texts(then), *_texts(otherwise)]
            case Leaf(updates):
                found += [value.text for _, value, _ in updates]
    return found


def _names_a_value(script: Script, name: str) -> bool:
    """Whether the name alone is some new value at an end of the script itself."""
    return any(isinstance(entry, Leaf) and any(v.text == name for _, v, _ in entry.updates)
               for entry in script)


def _in_place(entry: Entry, name: str, value: T, loc: Loc) -> Entry:
    if not isinstance(entry, Leaf):
        return entry
    return replace(entry, updates=tuple(
        (variable, value, loc) if v.text == name else (variable, v, at)
        for variable, v, at in entry.updates))


# ── written out ──────────────────────────────────────────────────────────────────────────────

def action(script: Script, margin: int) -> list[str]:
    """The lines of a conjunction that is true of a step from a state to the next."""
    return _sequence(script, margin, failing=False)


def failures(script: Script, margin: int) -> list[str]:
    """The lines of a condition that is true where some step of `kind` fails; [] if none can."""
    return _sequence(script, margin, failing=True) if _guarded(script) else []


def _guarded(script: Script) -> bool:
    return any(isinstance(entry, Guard)
               or isinstance(entry, Fork) and (_guarded(entry.then) or _guarded(entry.otherwise))
               for entry in script)


def _sequence(script: Script, margin: int, *, failing: bool) -> list[str]:
    if failing:
        script = _only_guarded(script)
    until = next((i for i, entry in enumerate(script) if isinstance(entry, (Exists, Fork, Leaf))),
                 len(script))
    lets = [entry for entry in script[:until] if isinstance(entry, Let)]
    rest = [entry for entry in script[:until] if isinstance(entry, Guard)] + script[until:]
    pad = " " * margin
    if lets:
        lines = []
        for number, let in enumerate(lets):
            head = "/\\ LET " if number == 0 else "       "
            lines.append(f"{pad}{head}{let.name} == {let.value}{_at(let.loc)}")
        return [*lines, f"{pad}   IN",
                *_sequence(rest, margin + 3, failing=failing)]
    return _failing(rest, margin) if failing else _acting(rest, margin)


def _only_guarded(script: Script) -> Script:
    """Up to the last entry with a check, without definitions that only later ones use."""
    last = max((i for i, entry in enumerate(script) if _guarded([entry])), default=-1)
    return tidy(script[:last + 1])


def _acting(script: Script, margin: int) -> list[str]:
    pad, lines = " " * margin, []
    for number, entry in enumerate(script):
        match entry:
            case Guard(condition, kind, loc):
                lines.append(f"{pad}/\\ {condition}{_at(loc, f'else {kind}, ')}")
            case Exists(name, over, comment):
                lines.append(f"{pad}/\\ \\E {name} \\in {over} :  \\* {comment}")
                return [*lines, *_sequence(script[number + 1:], margin + 6, failing=False)]
            case Fork(condition, then, otherwise, loc):
                return [*lines, f"{pad}/\\ IF {condition}{_at(loc)}", f"{pad}   THEN",
                        *_sequence(then, margin + 6, failing=False), f"{pad}   ELSE",
                        *_sequence(otherwise, margin + 6, failing=False)]
            case Leaf():
                lines += _ending(entry, pad)
    return lines


def _ending(leaf: Leaf, pad: str) -> list[str]:
    lines = [f"{pad}/\\ {variable}' = {value.within(SUM)}{_at(loc)}"
             for variable, value, loc in leaf.updates]
    if leaf.unchanged:
        lines.append(f"{pad}/\\ UNCHANGED <<{', '.join(leaf.unchanged)}>>")
    return lines


def _failing(script: Script, margin: int) -> list[str]:
    """Nested as deep as there are checks: each is reached only where those before it passed."""
    pad = " " * margin
    if not script:
        return [f"{pad}/\\ FALSE"]
    match script[0]:
        case Guard(condition, kind):
            if not _guarded(script[1:]):
                return [f"{pad}/\\ {negation(condition)}",
                        f'{pad}/\\ kind_ = "{kind}"']
            return [f"{pad}/\\ IF {condition}", f"{pad}   THEN",
                    *_sequence(script[1:], margin + 6, failing=True),
                    f'{pad}   ELSE kind_ = "{kind}"']
        case Exists(name, over, comment):
            return [f"{pad}/\\ \\E {name} \\in {over} :  \\* {comment}",
                    *_sequence(script[1:], margin + 6, failing=True)]
        case Fork(condition, then, otherwise):
            return [f"{pad}/\\ IF {condition}", f"{pad}   THEN",
                    *(failures(then, margin + 6) or [f"{pad}      FALSE"]), f"{pad}   ELSE",
                    *(failures(otherwise, margin + 6) or [f"{pad}      FALSE"])]
    return _failing(script[1:], margin)


def _at(loc: Loc, before: str = "") -> str:
    place = source(loc)
    return f"  \\* {before}{place}" if place else f"  \\* {before.rstrip(', ')}" if before else ""
