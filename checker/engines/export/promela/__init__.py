"""Promela: `text` knows precedence, `values` what stands for a value, `expressions` and
`operators` translate, `steps` writes the steps; `module` puts the model together."""
from checker.engines.export.promela.module import Model, model

__all__ = ["Model", "model"]
