"""A small language that formulas of these tests are written in."""
import pytest
import z3


@pytest.fixture
def language():
    """Groups and containers, who is attached to what, which containers are linked, a flag."""
    context = z3.Context()
    group, container = (z3.DeclareSort(name, context) for name in ("group", "container"))
    truth = z3.BoolSort(context)
    return dict(context=context, group=group, container=container,
                attached=z3.Function("attached", group, container, truth),
                linked=z3.Function("linked", container, truth),
                space=z3.Bool("space", context), g=z3.Const("g", group),
                h=z3.Const("h", group), c=z3.Const("c", container))
