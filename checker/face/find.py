"""What a user may call a spec by: a file, a folder, or its name within spec/."""
from __future__ import annotations

import pathlib
from collections.abc import Iterable

from checker.errors import SpecError, UserError
from checker.frontend import Spec, load
from checker.frontend.refuse import did_you_mean

HOME = pathlib.Path("spec")
MODEL = "model.py"


def find_specs(names: Iterable[str]) -> tuple[list[Spec], list[SpecError]]:
    """The specs of these names, everything in spec/ without any; and the files at fault.

    Raises UserError for a name that is none.
    """
    errors: list[SpecError] = []
    specs: list[Spec] = []
    for name in names:
        known = {(spec.path, spec.name) for spec in specs}
        specs.extend(spec for spec in _named(name, errors) if (spec.path, spec.name) not in known)
    if not names:
        specs = _load_all(_models(HOME, "nothing is named, and "), errors)
    return specs, errors


def find_spec(name: str) -> Spec:
    """The one spec of this name. Raises SpecError where it is at fault, UserError for several."""
    specs, errors = find_specs([name])
    if errors:
        raise errors[0]
    if len(specs) > 1:
        raise UserError(f"{name}: there are several specs here",
                        hint=f"write {name}:{specs[0].name}, or one of "
                        + ", ".join(spec.name for spec in specs[1:]))
    return specs[0]


def _named(name: str, errors: list[SpecError]) -> list[Spec]:
    path, colon, cls = name.rpartition(":")
    if colon and pathlib.Path(path).exists():
        return _of_class(_files(pathlib.Path(path)), cls, errors)
    if pathlib.Path(name).exists() or name.endswith(".py"):
        return _load_all(_files(pathlib.Path(name)), errors)
    if (HOME / name).is_dir() and name.isidentifier():
        return _load_all(_files(HOME / name), errors)
    if not name.isidentifier() or not HOME.is_dir():
        raise UserError(f"{name}: there is no such file or folder",
                        hint="give the path of a Python file or of a folder with a model.py, "
                        "or the name of a spec within spec/")
    return _of_class(_models(HOME), name, errors)


def _of_class(files: list[pathlib.Path], name: str, errors: list[SpecError]) -> list[Spec]:
    """The spec of one class; what is wrong with other files matters only where it is missing."""
    wrong: list[SpecError] = []
    specs = _load_all(files, wrong)
    found = [spec for spec in specs if spec.name == name]
    if not found and not wrong:
        raise UserError(f"there is no spec {name!r}",
                        hint=did_you_mean(name, [spec.name for spec in specs]))
    errors.extend(wrong if not found else [])
    return found


def _files(path: pathlib.Path) -> list[pathlib.Path]:
    return _models(path) if path.is_dir() else [path]


def _models(folder: pathlib.Path, why: str = "") -> list[pathlib.Path]:
    """The model.py of a folder, or those below it."""
    if (folder / MODEL).is_file():
        return [folder / MODEL]
    found = sorted(folder.rglob(MODEL)) if folder.is_dir() else []
    if not found:
        raise UserError(f"{why}there is no {MODEL} in {folder}/",
                        hint="name a Python file, or start one with `checker new NAME`")
    return found


def _load_all(paths: list[pathlib.Path], errors: list[SpecError]) -> list[Spec]:
    """The specs of several files; a file at fault does not keep the others from being checked."""
    specs: list[Spec] = []
    for path in paths:
        try:
            specs.extend(load(path))
        except SpecError as error:
            errors.append(error)
    return specs
