"""Traces as files: the Informal Trace Format, and our notes in its `#meta`.

ITF is Apalache's ADR-015 (https://apalache-mc.org/docs/adr/015adr-trace.html): JSON that
existing viewers read. The types of the language are written as

| type                 | in the file                                                       |
|----------------------|-------------------------------------------------------------------|
| Bool, Enum           | true and false; the member's name                                 |
| Int, Wrapping, Range | a number; `{"#bigint": "..."}` beyond 2**53, as the ADR demands   |
| Index                | the element's name, "group0"                                      |
| Set, Map             | `{"#set": [...]}`, `{"#map": [[key, value], ...]}`, in order      |
| Record, Queue        | an object with the fields; a list, head first                     |
| Maybe                | as Quint's sum types: `{"tag": "Some", "value": ...}`, or         |
|                      | `{"tag": "None", "value": {"#tup": []}}`, so that None cannot be  |
|                      | mistaken for a member of an Enum                                  |
| Lock                 | "free" or the holder's name, "attach(group0)"; a process that is  |
|                      | itself called `free` holds it as "free()"                         |

A lasso's last state is the state `loop` again, as in the ADR ("the loop ends in the last
state"). Where `loop` is the last state, the run ends there and stutters.

Reading trusts nothing: a file is data. It is parsed within limits, validated against
`itf.schema.json`, decoded by the types of a System, and certified by whoever needs a `Trace`.
"""
from __future__ import annotations

import functools
import json
import pathlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checker.errors import EXIT_SPEC, UserError
from checker.ir.show import digest
from checker.ir.system import State, System
from checker.results.exploration import Path
from checker.results.parse import parse_json
from checker.results.trace import Trace, TraceStep
from checker.source import NOWHERE, short_path
from checker.types import Bool, Enum, Index, Lock, Map, Maybe, Queue, Record, Set, Type
from checker.values import Value, belongs, domain, ordinal, show

if TYPE_CHECKING:
    import jsonschema

FORMAT_VERSION = 1
ADR = "https://apalache-mc.org/docs/adr/015adr-trace.html"
LARGEST_JSON_INTEGER = 2 ** 53 - 1
NONE = {"tag": "None", "value": {"#tup": []}}
OPTIONAL_META = {"checker-version": "version", "instance": "instance", "fault": "fault",
                 "command": "command"}
"""Our keys in `#meta` that come from the key of `Trace.meta` on the right, where it is set."""


@dataclass(frozen=True, slots=True)
class TraceFile:
    """A trace file, parsed and validated, not yet decoded: its values are JSON.

    `name` is the file's name, for messages. `meta` has the keys of `Trace.meta`. `steps` are
    the `#meta` of the states but the first, and of a failed step.
    """

    name: str
    spec: str
    path: str
    constants: dict[str, Any]
    property: str
    kind: str
    digest: str
    explanation: tuple[str, ...]
    variables: tuple[str, ...]
    states: tuple[dict[str, Any], ...]
    steps: tuple[dict[str, Any], ...]
    loop: int | None
    meta: dict[str, Any]


# ── writing ──────────────────────────────────────────────────────────────────────────────────

def write(trace: Trace) -> str:
    """The trace as ITF text, one variable a line. The same trace gives the same bytes."""
    system = trace.system
    steps = [step for step in trace.steps if step.after is not None]
    states = []
    for number, state in enumerate(trace.states):
        meta = {"index": number} | (_step_meta(steps[number - 1]) if number else {})
        values = {v.name: encode(system, v.type, value)
                  for v, value in zip(system.variables, state)}
        states.append({"#meta": meta, **values})
    names = [variable.name for variable in system.variables]
    parts = [f'"#meta": {json.dumps(_meta(trace), indent=2, ensure_ascii=False)}',
             f'"vars": {json.dumps(names, ensure_ascii=False)}']
    if trace.loop is not None:
        parts.append(f'"loop": {trace.loop}')
    parts.append('"states": [\n' + ",\n".join(map(_state_text, states)) + "\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _state_text(state: dict[str, Any]) -> str:
    lines = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
             for name, value in state.items())
    return " {\n" + ",\n".join(lines) + "\n }"


def _meta(trace: Trace) -> dict[str, Any]:
    system = trace.system
    meta: dict[str, Any] = {
        "format": "ITF", "format-description": ADR, "checker-format": FORMAT_VERSION,
        "spec": system.name, "path": trace.meta.get("path", short_path(system.path)),
        "constants": {name: _plain(value) for name, value in system.constants.items()},
        "property": trace.property, "kind": trace.kind, "digest": digest(system)}
    for ours, theirs in OPTIONAL_META.items():
        if trace.meta.get(theirs):
            meta[ours] = str(trace.meta[theirs])
    meta["explanation"] = list(trace.explanation)
    if trace.steps and trace.steps[-1].after is None:
        failed = trace.steps[-1]
        meta["failed"] = {"index": len(trace.steps), **_step_meta(failed),
                          "failure": failed.failure, **_source("failure-source",
                                                               failed.failure_loc or NOWHERE)}
    return meta


def _plain(constant: Any) -> Any:
    """A constant as JSON; what JSON has no word for is written as Python would."""
    plain = constant is None or isinstance(constant, (bool, str)) or (
        isinstance(constant, int) and abs(constant) <= LARGEST_JSON_INTEGER)
    return constant if plain else repr(constant)


def _step_meta(step: TraceStep) -> dict[str, Any]:
    meta: dict[str, Any] = {"actor": step.actor, "label": step.label, "location": step.location}
    if step.choices:
        meta["choices"] = [{"kind": c.kind, "name": c.name, "value": c.shown}
                           for c in step.choices]
    if step.provenance:
        meta["provenance"] = step.provenance
    return meta | _source("source", step.loc)


def _source(key: str, loc: Any) -> dict[str, str]:
    return {key: str(loc)} if loc.line else {}


def encode(system: System, of: Type, value: Value) -> Any:
    """A value of the type as JSON, by the table above."""
    match of:
        case Bool() | Enum():
            return value
        case Index():
            return show(of, value)
        case Maybe(inner):
            return NONE if value is None else {"tag": "Some",
                                               "value": encode(system, inner, value)}
        case Set(inner):
            elements = sorted(value, key=lambda e: ordinal(inner, e))
            return {"#set": [encode(system, inner, e) for e in elements]}
        case Map(key, inner):
            return {"#map": [[encode(system, key, k), encode(system, inner, v)]
                             for k, v in zip(domain(key), value)]}
        case Record(fields):
            return {name: encode(system, t, v) for (name, t), v in zip(fields, value)}
        case Queue(inner, _):
            return [encode(system, inner, v) for v in value]
        case Lock():
            return "free" if value is None else _holders(system)[value]
    return value if abs(value) <= LARGEST_JSON_INTEGER else {"#bigint": str(value)}


def _holders(system: System) -> list[str]:
    """How each instance is written as the holder of a lock."""
    names = [str(instance) for instance in system.instances]
    return ["free()" if name == "free" else name for name in names]


# ── reading ──────────────────────────────────────────────────────────────────────────────────

def load(path: str | pathlib.Path) -> TraceFile:
    """Read a trace file. Raises UserError where it is not one."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise refused(str(path), "", error.strerror or "cannot be read") from error
    return read(data, name=str(path))


LARGEST_FILE = 50_000_000


def read(text: str | bytes, *, name: str = "<trace>") -> TraceFile:
    """A trace file from its text. Raises UserError: the file, the place in it, the cause."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > LARGEST_FILE:
        raise refused(name, "", f"larger than {LARGEST_FILE // 1_000_000} MB")
    raw = parse_json(data, functools.partial(refused, name))
    _recognise(name, raw)
    # Only the first error is looked for: a file can have a million of them.
    first = next(_validator().iter_errors(raw), None)
    if first is not None:
        import jsonschema

        wrong = jsonschema.exceptions.best_match([first])
        raise refused(name, place_in(wrong.absolute_path), _shortened(wrong.message))
    return _trace_file(name, raw)


def refused(name: str, place: str, cause: str, *, hint: str = "") -> UserError:
    """The error for a file that is not a trace of ours."""
    where = f"{name}: {place}: " if place else f"{name}: "
    return UserError(where + cause, hint=hint, exit_status=EXIT_SPEC)


def place_in(path: Any) -> str:
    """A place in a JSON document: `states[3].#meta.actor`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:120]} ... {text[-60:]}"


def _recognise(name: str, raw: Any) -> None:
    """Tell a trace of another tool, or of another time, from a damaged one."""
    if not (isinstance(raw, dict) and "states" in raw):
        raise refused(name, "", "not a trace in the Informal Trace Format (ITF)")
    meta = raw.get("#meta")
    if not isinstance(meta, dict) or "checker-format" not in meta:
        raise refused(name, "#meta", "an ITF trace of another tool: it does not tell to which "
                      "spec and property it belongs")
    version = meta["checker-format"]
    if type(version) is int and version != FORMAT_VERSION:
        raise refused(name, "#meta.checker-format", f"format version {version}; this checker "
                      f"reads version {FORMAT_VERSION}")


@functools.lru_cache(maxsize=None)
def _validator() -> jsonschema.Draft202012Validator:
    import jsonschema       # here: it takes longer to load than a small run, and few read files

    text = pathlib.Path(__file__).with_suffix(".schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _trace_file(name: str, raw: dict[str, Any]) -> TraceFile:
    """The validated document as a dataclass, after the checks that a schema cannot make."""
    meta, states, names = raw["#meta"], raw["states"], {"#meta", *raw["vars"]}
    if len(names) <= len(raw["vars"]):
        raise refused(name, "vars", "a name stands twice")
    for number, state in enumerate(states):
        here = f"states[{number}]"
        if state["#meta"]["index"] != number:
            raise refused(name, f"{here}.#meta.index", f"should be {number}")
        if (number > 0) != ("actor" in state["#meta"]):
            raise refused(name, f"{here}.#meta", "every state but the first has its step")
        if set(state) != names:
            odd = sorted(set(state) ^ names)[0]
            raise refused(name, here, f"`{_shortened(odd)}` is in only one of vars and the state")
    if raw.get("loop", 0) >= len(states):
        raise refused(name, "loop", f"there is no state {raw['loop']}")
    failed = (meta["failed"],) if "failed" in meta else ()
    kept = {theirs: meta[ours] for ours, theirs in OPTIONAL_META.items() if ours in meta}
    return TraceFile(
        name, meta["spec"], meta["path"], meta.get("constants", {}), meta["property"],
        meta["kind"], meta["digest"], tuple(meta.get("explanation", ())), tuple(raw["vars"]),
        tuple(states), (*(state["#meta"] for state in states[1:]), *failed), raw.get("loop"),
        {"path": meta["path"], **kept})


# ── decoding ─────────────────────────────────────────────────────────────────────────────────

def decode(system: System, file: TraceFile) -> Path:
    """The states of a file as states of the system. Raises UserError where they are not."""
    expected = {variable.name for variable in system.variables}
    if set(file.variables) != expected:
        odd = sorted(expected ^ set(file.variables))[0]
        whose = "the file" if odd in file.variables else system.name
        raise refused(file.name, "vars", f"variable `{_shortened(odd)}` exists only in {whose}")
    return tuple(_decode_state(system, file, number) for number in range(len(file.states)))


def _decode_state(system: System, file: TraceFile, number: int) -> State:
    raw = file.states[number]
    try:
        return tuple(_decode(system, variable.type, raw[variable.name], variable.name)
                     for variable in system.variables)
    except _Wrong as wrong:
        raise refused(file.name, f"states[{number}].{wrong.place}", wrong.cause) from None


class _Wrong(Exception):
    """A value that is not one of its type."""

    def __init__(self, place: str, raw: Any, of: Type) -> None:
        self.place = place
        self.cause = f"{_shortened(json.dumps(raw))} is not a value of {_shortened(str(of))}"
        super().__init__(self.cause)


def _decode(system: System, of: Type, raw: Any, place: str) -> Value:
    """The inverse of `encode`; anything else that the type does not have raises _Wrong."""
    match of, raw:
        case Index(), str():
            names = {show(of, element): element for element in domain(of)}
            value: Value = names.get(raw, raw)
        case Maybe(inner), {"tag": "Some", "value": some} if len(raw) == 2:
            return _decode(system, inner, some, place)
        case Maybe(), {"tag": "None"} if raw == NONE:
            return None
        case Set(inner), {"#set": [*elements]} if len(raw) == 1:
            value = frozenset(_decode(system, inner, e, place) for e in elements)
            if len(value) < len(elements):
                raise _Wrong(place, raw, of)
        case Map(), {"#map": [*pairs]} if len(raw) == 1:
            return _decode_map(system, of, pairs, place)
        case Record(fields), dict() if set(raw) == {name for name, _ in fields}:
            return tuple(_decode(system, t, raw[name], f"{place}.{name}") for name, t in fields)
        case Queue(inner, _), list():
            value = tuple(_decode(system, inner, e, f"{place}[{i}]") for i, e in enumerate(raw))
        case Lock(), str() if raw == "free" or raw in _holders(system):
            return None if raw == "free" else _holders(system).index(raw)
        case (Index() | Maybe() | Set() | Map() | Record() | Queue() | Lock()), _:
            raise _Wrong(place, raw, of)
        case _, {"#bigint": str(digits)} if len(raw) == 1 and _is_number(digits):
            value = int(digits)
        case _:
            value = raw
    if not belongs(of, value):
        raise _Wrong(place, raw, of)
    return value


def _is_number(digits: str) -> bool:
    return len(digits) <= 20 and digits.isascii() and digits.removeprefix("-").isdigit()


def _decode_map(system: System, of: Map, pairs: list[Any], place: str) -> Value:
    given: dict[Value, Value] = {}
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2):
            raise _Wrong(place, pair, of)
        key = _decode(system, of.key, pair[0], place)
        if key in given:
            raise _Wrong(place, {"#map": pairs}, of)
        given[key] = _decode(system, of.value, pair[1], f"{place}[{show(of.key, key)}]")
    if len(given) < len(domain(of.key)):
        raise _Wrong(place, {"#map": pairs}, of)
    return tuple(given[key] for key in domain(of.key))
