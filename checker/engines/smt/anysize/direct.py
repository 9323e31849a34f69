"""Z3's C interface, for what a proof calls a million times.

z3py makes an object of each argument, calls back into Python for it, and asks after each call
whether there was an error: several times what the call itself takes. These take terms as the
numbers that `pointer` gives, and nobody counts references to what they return: it lasts until the
next call, or as long as something else holds it.
"""
from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import z3

_ANY, _INT, _UINT, _BOOL = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_bool


def _function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """The function behind z3py's; each of those has it in a default of its last parameter."""
    wrapped = getattr(z3.z3core, name).__defaults__[-1].f
    address = ctypes.cast(wrapped, ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


ast_id = _function("Z3_get_ast_id", _UINT, _ANY, _ANY)
ast_kind = _function("Z3_get_ast_kind", _INT, _ANY, _ANY)
truth_of = _function("Z3_get_bool_value", _INT, _ANY, _ANY)
evaluated = _function("Z3_model_eval", _BOOL, _ANY, _ANY, _ANY, _BOOL, _ANY)
applied = _function("Z3_mk_app", _ANY, _ANY, _ANY, _UINT, _ANY)
instance_of = _function("Z3_substitute_vars", _ANY, _ANY, _ANY, _UINT, _ANY)
asserted = _function("Z3_solver_assert", None, _ANY, _ANY, _ANY)


def pointer(term: z3.AstRef) -> int:
    """Where Z3 keeps a term: the same for alike terms of a context, as long as there is one."""
    return term.ast.value


def term(pointer: int) -> z3.Ast:
    """The other way round, for z3py."""
    found = z3.Ast(None)
    found.value = pointer
    return found


def array(pointers: Any) -> ctypes.Array[ctypes.c_void_p]:
    """Arguments for a call."""
    pointers = tuple(pointers)
    return (_ANY * len(pointers))(*pointers)
