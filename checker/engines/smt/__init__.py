"""Z3: bounded search and induction at fixed sizes. The only package that imports `z3`.

`terms` and `shape` say what a value is symbolically, `expressions` and `execute` give the IR its
meaning in those terms, `encode` makes formulas of a whole system. `bmc` searches, `induction`
proves, `cti` makes a failed proof readable.
"""
