"""TLA+: `text` knows precedence, `expressions` and `operators` translate values, `steps` and
`script` the steps, `properties` what is checked; `module` puts the module together."""
from checker.engines.export.tla.module import Module, module

__all__ = ["Module", "module"]
