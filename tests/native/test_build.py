"""Compiling, and the cache of compiled models."""
import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from checker.engines import native
from checker.engines.native import build, explore, run
from checker.engines.native.emit import SOURCES, generate
from checker.errors import UserError
from tests.handmade import counters, mutex
from tests.native.random_systems import random_system


def prepare(system):
    """The path of the compiled program."""
    return build.executable(native.prepare(system))


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty one. The engine is compiled for it without optimisation, in a third of the time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for module in (build, run):
        monkeypatch.setattr(module, "QUICK", build.Level("-O0", "-O0"))
    return tmp_path / "checker"


@pytest.fixture
def own_models(own_cache_with):
    return own_cache_with(generate(mutex(2)).layout.words, build.QUICK)


def counted(monkeypatch):
    """The compilations that were started, as a list that grows."""
    for thread in threading.enumerate():
        if thread.name == run.IMPROVING:                # of a search of another test
            thread.join()
    started = []

    def compile_(command, real=build._compile):
        started.append(command)
        real(command)

    monkeypatch.setattr(build, "_compile", compile_)
    return started


@pytest.mark.no_compiler
@pytest.mark.parametrize("variable, value", [("PATH", "/nowhere"), ("CC", "no-such-compiler -O2")])
def test_a_missing_compiler_has_an_exception_of_its_own(monkeypatch, variable, value):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv(variable, value)
    assert not native.available()
    with pytest.raises(native.NoCompiler):
        explore(mutex(2))


def test_a_model_is_compiled_once(own_cache, monkeypatch):
    started = counted(monkeypatch)
    first = prepare(mutex(2))
    assert len(started) == 3                            # the engine, the model, and both linked
    assert prepare(mutex(2)) == first and len(started) == 3
    prepare(mutex(3))
    assert len(started) == 5                            # the engine was there
    assert not list(own_cache.glob(".new-*"))


def test_a_comment_does_not_matter(own_models, monkeypatch):
    generated = generate(mutex(2))
    moved = re.sub(r"(?m)^( *)/\* worker", r"\1/* the worker", generated.text)
    assert moved != generated.text
    first = build.executable(generated)
    started = counted(monkeypatch)
    assert build.executable(build.Generated(moved, generated.layout, (), (), ())) == first
    assert not started


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(path.read_bytes()[:2000]),
    lambda path: path.write_bytes(path.read_bytes().replace(b"complete", b"imcompet")),
    lambda path: path.unlink(),
    lambda path: path.chmod(0o644),
    lambda path: path.with_name(path.name + ".sum").write_text("nonsense"),
    lambda path: path.with_name(path.name + ".sum").write_bytes(b"\xff\xfe"),
], ids=["empty", "cut", "changed", "gone", "mode", "sum", "binary"])
def test_a_damaged_entry_is_replaced(own_models, damage):
    program = prepare(mutex(2))
    damage(program)
    assert explore(mutex(2)).distinct == 20
    assert prepare(mutex(2)) == program


def test_a_damaged_engine_is_replaced(own_models):
    prepare(mutex(2))
    [engine] = own_models.glob("engine-*.o")
    engine.write_bytes(b"damaged")
    assert explore(mutex(3)).distinct == 68


def test_a_cache_that_can_not_be_written_to(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    with pytest.raises(UserError, match="XDG_CACHE_HOME") as raised:
        explore(mutex(2))
    assert str(file) in str(raised.value)


def test_many_threads_may_compile_the_same(own_cache, monkeypatch):
    started = counted(monkeypatch)
    with ThreadPoolExecutor(6) as pool:
        programs = list(pool.map(prepare, [mutex(2), mutex(3), counters(2, 3)] * 4))
    assert len(set(programs)) == 3 and len(started) == 7


def test_old_models_are_removed(own_models, monkeypatch):
    monkeypatch.setattr(build, "KEPT_MODELS", 2)
    programs = [prepare(counters(1, n)) for n in (2, 3, 4, 5)]
    assert [program.exists() for program in programs] == [False, False, True, True]
    assert len(list(own_models.glob("model-*"))) == 6    # each with its source and checksum


def test_what_the_compiler_refuses_is_a_defect(own_models):
    generated = generate(mutex(2))
    broken = build.Generated(generated.text + "int x = ;", generated.layout, (), (), ())
    with pytest.raises(native.CompileError, match="expected expression"):
        build.executable(broken)


def test_sources_that_change_meanwhile_are_noticed(own_cache, monkeypatch, tmp_path):
    """Parts of two versions would disagree about memory, and be kept under the name of one."""
    folder = tmp_path / "c"
    shutil.copytree(SOURCES, folder)
    monkeypatch.setattr(build, "SOURCES", folder)

    def compile_(command, real=build._compile):
        real(command)
        (folder / "engine.h").write_text((folder / "engine.h").read_text() + "\n")

    monkeypatch.setattr(build, "_compile", compile_)
    with pytest.raises(native.CompileError, match="changed while it was compiled"):
        prepare(mutex(2))
    assert not list(own_cache.glob("model-*[!c]")) and not list(own_cache.glob("engine-*"))


@pytest.mark.parametrize("system", [mutex(3), counters(4, 5), *map(random_system, range(6))],
                         ids=lambda s: s.name)
def test_generated_code_has_no_warnings(system, tmp_path):
    """But for locals that nobody reads: authors may have some."""
    generated = generate(system)
    source = tmp_path / "model.c"
    source.write_text(generated.text)
    done = subprocess.run(
        [*build.compiler(), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror",
         "-Wno-unused-but-set-variable", "-I", str(SOURCES),
         f"-DWORDS={generated.layout.words}", "-c", str(source), "-o", str(tmp_path / "o")],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_generating_twice_gives_the_same_text():
    for seed in range(10):
        assert generate(random_system(seed)).text == generate(random_system(seed)).text
