"""Proofs for every size: index sets of any number of elements, by induction with Z3.

`family` makes one system of a spec's compilations at several sizes; `space` and `values` say what
a state is over uninterpreted sorts, `evaluate`, `counts`, `execute` and `loops` give the IR its
meaning there, `encode` puts it together. `question` and `prover` ask Z3; `atoms`, `candidates`
and `finite` find lemmas, `lemmas` reads and writes them as Python.
"""
from checker.engines.smt.anysize.certificate import check_certificate, write_certificate
from checker.engines.smt.anysize.proof import (AnySizeProof, lemma_file, lemma_text,
                                               prove_any_size)
from checker.engines.smt.anysize.refuse import OutsideFragment

__all__ = ["AnySizeProof", "OutsideFragment", "check_certificate", "lemma_file", "lemma_text",
           "prove_any_size", "write_certificate"]
