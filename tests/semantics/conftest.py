"""The fixture `check`: one body, every engine."""
import pytest

from tests.semantics.support import ENGINES, Unavailable, component, differences, tested, write


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def check(engine, tmp_path):
    """Give a spec to the engine under test and compare what it says.

    `body` is that of the component `Tested`, `before` what stands above it in the file. The
    figures are those that every engine must find: distinct states, successors generated, and by
    name of the property the steps to a violation or a witness, or the outcome of liveness.
    `without` names engines that can not take part, with the reason.
    """
    def run(body, *, before="", distinct=None, generated=None, violated=(), witnessed=(),
            live=(), without=(), bound=4, **options):
        if engine in dict(without):
            pytest.skip(f"{engine}: {without[engine]}")
        it = tested(write(component(body, before), tmp_path), **options)
        reference = it.said("interp")
        try:
            said = it.said(engine, bound)
        except Unavailable as reason:
            pytest.skip(f"{engine}: {reason}")
        assert not differences(reference, said)
        if engine == "interp":
            figures = (distinct, generated, dict(violated), dict(witnessed), dict(live))
            assert (said.distinct if distinct is not None else None,
                    said.generated if generated is not None else None,
                    said.violated, said.witnessed, said.live) == figures
        return it
    return run
