"""Systems written for other model checkers, and those tools run on them.

`structure` turns the blocks of a step into a tree, which both languages share; `tla` and
`promela` write the modules; `tools` finds TLC and SPIN, `tlc` and `spin` run them. What can not be
said in the other language is refused, see `refuse`.
"""
