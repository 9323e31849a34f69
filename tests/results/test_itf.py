"""Traces as files: what is written is read back, and nothing else is accepted."""
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.engines.interp.explore import explore
from checker.errors import EXIT_SPEC, UserError
from checker.ir.system import System, Variable
from checker.judgement.certify import certify
from checker.judgement.recertify import same_version, to_trace
from checker.results.itf import decode, encode, load, read, write
from checker.results.trace import Trace
from checker.types import (Bool, Enum, Index, Int, Lock, Map, Maybe, Queue, Range, Record, Set,
                           Wrapping)
from checker.values import all_values
from tests.handmade import counters, mutex

SYSTEM = mutex(2, broken=True)
TRACE = replace(certify(SYSTEM, "overflow", explore(SYSTEM).violations["overflow"]),
                meta={"command": "checker replay x", "fault": "none", "instance": "small"})
TEXT = write(TRACE)


def test_a_trace_comes_back_as_it_was():
    back = to_trace(SYSTEM, read(TEXT))
    assert (back.steps, back.initial, back.explanation) == (TRACE.steps, TRACE.initial,
                                                            TRACE.explanation)
    assert write(back) == TEXT


def test_the_file_is_itf():
    raw = json.loads(TEXT)
    assert raw["vars"] == [variable.name for variable in SYSTEM.variables]
    assert [state["#meta"]["index"] for state in raw["states"]] == [0, 1, 2, 3]
    assert raw["states"][1]["lock"] == "worker(thread0)" and raw["states"][0]["lock"] == "free"
    assert raw["states"][1]["#meta"]["choices"] == [
        {"kind": "pick", "name": "amount", "value": "2"}]
    assert raw["#meta"]["failed"]["failure"] == "`total` leaves its range"
    assert raw["#meta"]["command"] == "checker replay x"


scalars = st.sampled_from([
    Bool(), Int(-2, 2), Wrapping(2), Enum("None", "free", "x y"), Index("group", 3), Range(3)])
types = st.recursive(
    st.one_of(scalars, st.just(Lock()), scalars.map(Set)),
    lambda inner: st.one_of(
        inner.filter(lambda t: not isinstance(t, Maybe)).map(Maybe),
        st.tuples(st.sampled_from([Bool(), Index("group", 2)]), inner).map(lambda t: Map(*t)),
        inner.map(lambda t: Queue(t, 2)),
        st.tuples(inner, inner).map(lambda t: Record(tag=t[0], value=t[1]))), max_leaves=3)


def first_values(of, count):
    import itertools
    return list(itertools.islice(all_values(of), count))


@settings(max_examples=60, deadline=None)
@given(types, st.data())
def test_every_value_of_every_type_comes_back(of, data):
    value = data.draw(st.sampled_from(first_values(of, 500)))
    system = replace(SYSTEM, variables=(Variable("v", of, (value,)),))
    trace = Trace(system, "overflow", "implicit", (value,), ())
    assert decode(system, read(write(trace))) == ((value,),)


def test_numbers_beyond_those_of_json():
    of = Int(0, 2 ** 60)
    assert encode(SYSTEM, of, 2 ** 60) == {"#bigint": str(2 ** 60)}
    system = System("s", "", {}, (Variable("v", of, (0,)),), (), ())
    trace = Trace(system, "overflow", "implicit", (2 ** 60,), ())
    assert decode(system, read(write(trace))) == ((2 ** 60,),)


def test_a_held_lock_and_a_process_called_free():
    process = replace(SYSTEM.processes[0], name="free", domain=None)
    system = replace(SYSTEM, processes=(process,))
    assert encode(system, Lock(), None) == "free" and encode(system, Lock(), 0) == "free()"


# ── files that are no traces of ours ─────────────────────────────────────────────────────────

def edited(change):
    """The trace's document with `change` made to it, as text."""
    raw = json.loads(TEXT)
    change(raw)
    return json.dumps(raw)


def put(value, *path):
    def change(raw):
        *parents, last = path
        for part in parents:
            raw = raw[part]
        raw[last] = value
    return edited(change)


DEEP = "[" * 100 + "]" * 100
BAD = [
    ("ends too early", ""),
    ("ends too early", TEXT[:-10]),
    ("ends too early", TEXT.rstrip()[:-1]),
    ("line 1, column 1", "hello"),
    ("line", TEXT + "}"),
    ("not a trace", "[]"),
    ("not a trace", "7"),
    ("another tool", '{"vars": ["x"], "states": [{"x": 1}]}'),
    ("another tool", put({"format": "ITF", "description": "by another"}, "#meta")),
    ("format version 7", put(7, "#meta", "checker-format")),
    ("#meta.kind", put("wish", "#meta", "kind")),
    ("#meta.digest", put("abc", "#meta", "digest")),
    ("#meta.command", put(["rm"], "#meta", "command")),
    ("states", put([], "states")),
    ("states", put("none", "states")),
    ("states[1]", put(17, "states", 1)),
    ("states[1].#meta.index", put(5, "states", 1, "#meta", "index")),
    ("states[2].#meta", put({"index": 2}, "states", 2, "#meta")),
    ("`extra` is in only one", put(1, "states", 2, "extra")),
    ("states[0]", put({"index": 0}, "states", 0)),
    ("stands twice", put(["lock", "lock"], "vars")),
    ("there is no state 9", put(9, "loop")),
    ("loop", put(-1, "loop")),
    ("loop", put(True, "loop")),
    ("stands twice", TEXT.replace('"vars":', '"vars": [], "vars":')),
    ("only integers", TEXT.replace('"total": 0', '"total": NaN')),
    ("only integers", TEXT.replace('"total": 0', '"total": 1e999')),
    ("only integers", TEXT.replace('"total": 0', '"total": -Infinity')),
    ("digits", TEXT.replace('"total": 0', '"total": ' + "9" * 5000)),
    ("too deeply", TEXT.replace('"total": 0', '"total": ' + DEEP)),
    ("too deeply", "[" * 200_000),
    ("too deeply", '{"a":' * 200_000),
    ("U+001B", put("\x1b[2J", "#meta", "command")),
    ("U+D800", TEXT.replace("checker replay x", "\\ud800")),
    ("U+202E", put("\u202etxt", "#meta", "property")),
    ("not UTF-8", TEXT.encode() + b"\xff"),
    ("not UTF-8", TEXT.encode("utf-16")),
]


@pytest.mark.parametrize("words, text", BAD, ids=range(len(BAD)))
def test_bad_files_are_refused_with_name_place_and_cause(words, text):
    with pytest.raises(UserError) as caught:
        read(text, name="bad.itf.json")
    message = str(caught.value)
    assert message.startswith("bad.itf.json: ") and words in message
    assert caught.value.exit_status == EXIT_SPEC and len(message) < 500


def test_a_file_that_is_too_large_or_missing(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="No such file"):
        load(tmp_path / "none.itf.json")
    with pytest.raises(UserError, match="directory"):
        load(tmp_path)
    monkeypatch.setattr("checker.results.itf.LARGEST_FILE", 1_000_000)
    (tmp_path / "big.itf.json").write_text(" " * 1_000_001)
    with pytest.raises(UserError, match="larger than 1 MB"):
        load(tmp_path / "big.itf.json")


WRONG_VALUES = [
    ("states[0].total", put(9, "states", 0, "total")),
    ("states[0].total", put(True, "states", 0, "total")),
    ("states[0].total", put({"#bigint": "x"}, "states", 0, "total")),
    ("states[0].total", put({"#bigint": "1", "a": 1}, "states", 0, "total")),
    ("states[1].lock", put("nobody", "states", 1, "lock")),
    ("states[1].lock", put(0, "states", 1, "lock")),
    ("states[1].worker.x", put({"#map": [["thread0", 1]]}, "states", 1, "worker.x")),
    ("states[1].worker.x", put({"#map": [["thread0", 1]] * 2}, "states", 1, "worker.x")),
    ("states[1].worker.x", put({"#map": [[0, 1], [1, 1]]}, "states", 1, "worker.x")),
    ("states[1].worker.x", put({"#map": [1]}, "states", 1, "worker.x")),
    ("states[1].worker.x[thread1]",
     put({"#map": [["thread0", 1], ["thread1", 3]]}, "states", 1, "worker.x")),
]


@pytest.mark.parametrize("place, text", WRONG_VALUES, ids=range(len(WRONG_VALUES)))
def test_values_of_the_wrong_type_are_refused_with_their_place(place, text):
    with pytest.raises(UserError) as caught:
        to_trace(SYSTEM, read(text, name="f"))
    assert f"f: {place}: " in str(caught.value)


def test_a_changed_state_does_not_certify():
    for number in range(4):
        lock = "worker(thread1)" if number == 1 else "worker(thread0)"
        if number == 1 or json.loads(TEXT)["states"][number]["lock"] != lock:
            with pytest.raises(UserError, match="not a counterexample"):
                to_trace(SYSTEM, read(put(lock, "states", number, "lock")))


def test_another_property_or_kind_does_not_certify():
    for change in (put("deadlock", "#meta", "property"), put("full", "#meta", "property"),
                   put("nonsense", "#meta", "property"), put("invariant", "#meta", "kind"),
                   put(3, "loop")):
        with pytest.raises(UserError, match="not a counterexample"):
            to_trace(SYSTEM, read(change))


def test_another_version_of_the_spec_is_told_by_name():
    file = read(TEXT)
    assert same_version(SYSTEM, file) and not same_version(mutex(2), file)
    with pytest.raises(UserError, match="recorded for another version of the spec"):
        to_trace(mutex(2), file)
    with pytest.raises(UserError, match="not a counterexample"):
        to_trace(mutex(2), file, any_version=True)
    with pytest.raises(UserError, match="exists only in"):
        to_trace(counters(2, 3), file, any_version=True)
    renamed = replace(SYSTEM, name="renamed")
    assert to_trace(renamed, file, any_version=True).steps == TRACE.steps


def test_random_damage_is_never_more_than_a_user_error():
    """Each damaged file is refused, or is still the same counterexample."""
    chance = random.Random(5)
    for _ in range(300):
        data = bytearray(TEXT.encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            data[at:at + chance.randint(0, 3)] = bytes(
                chance.choice(b'0123456789"{}[]:,aetx-') for _ in range(chance.randint(0, 3)))
        try:
            back = to_trace(SYSTEM, read(bytes(data)))
        except UserError as error:
            assert error.exit_status == EXIT_SPEC
        else:
            assert back.states == TRACE.states
