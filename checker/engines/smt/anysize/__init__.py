"""Proofs for every size: index sets of any number of elements, by induction with Z3.

`family` makes one system of a spec's compilations at several sizes; `space` and `values` say what
a state is over uninterpreted sorts, `evaluate`, `counts`, `execute` and `loops` give the IR its
meaning there, `encode` puts it together. `question` and `prover` ask Z3. `atoms` and
`candidates` make lemmas of the states that `finite` lists, `selection` chooses among them,
`lemmas` reads and writes them as Python, and `kept` is the file they are kept in.
"""
from checker.engines.smt.anysize.certificate import check_certificate, write_certificate
from checker.engines.smt.anysize.kept import Kept, counted, kept_lemmas, lemma_file, lemma_text
from checker.engines.smt.anysize.proof import AnySizeProof, prove_any_size
from checker.engines.smt.anysize.refuse import OutsideFragment

__all__ = ["AnySizeProof", "Kept", "OutsideFragment", "check_certificate", "counted",
           "kept_lemmas", "lemma_file", "lemma_text", "prove_any_size", "write_certificate"]
