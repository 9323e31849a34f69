"""TLA+: `text` knows precedence, `expressions` and `operators` translate values, `steps` and
`script` the steps, `properties` what is checked; `module` puts the module together."""
from checker.engines.export.tla.module import Module, module
from checker.engines.export.tla.properties import STAYS

__all__ = ["STAYS", "Module", "module"]
