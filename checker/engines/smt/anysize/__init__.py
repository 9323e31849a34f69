"""Proofs for every size: index sets of any number of elements, by induction with Z3.

`family` makes one system of a spec's compilations at several sizes; `space` and `values` say what
a state is over uninterpreted sorts, `evaluate`, `counts`, `execute` and `loops` give the IR its
meaning there, `encode` puts it together. `question` and `prover` ask Z3; `atoms`, `candidates`
and `finite` find lemmas, `lemmas` reads and writes them as Python.
"""
