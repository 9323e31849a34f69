"""The house rules that a machine can check: layers, lengths, who may import what."""
import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONGEST_LINE = 100
LONGEST_FUNCTION = 70

LAYERS = [
    ("foundations", ("source", "errors", "text", "codes")),
    ("data", ("types", "values")),
    ("ir", ("ir",)),
    ("frontend", ("lang", "frontend")),
    ("results", ("results",)),
    ("engines", ("engines",)),
    ("judgement", ("judgement",)),
    ("face", ("face", "__main__")),
]
LAYER = {name: i for i, (_, names) in enumerate(LAYERS) for name in names}


def python_files(*folders):
    for folder in folders:
        yield from sorted(p for p in (ROOT / folder).rglob("*.py") if ".venv" not in p.parts)


SOURCES = list(python_files("checker", "spec"))
EVERYTHING = list(python_files("checker", "spec", "tests"))


def name_of(path):
    return str(path.relative_to(ROOT))


def imports(path):
    """(dotted module, line) of every import, relative ones resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[:len(package) - node.level + 1]) if node.level else []
            module = ".".join(base + ([node.module] if node.module else []))
            yield module, node.lineno
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def part(module):
    """The part of the package that a module belongs to: `engines` of `checker.engines.x`."""
    return module.split(".")[1] if module.startswith("checker.") else None


@pytest.mark.parametrize("path", list(python_files("checker")), ids=name_of)
def test_layers(path):
    """Each layer imports only those below it; only the face and the prelude see everything."""
    relative = path.relative_to(ROOT / "checker").parts
    own = relative[0].removesuffix(".py")
    if own == "__init__":
        return
    for module, line in imports(path):
        used = part(module)
        if used in LAYER:
            assert LAYER[used] <= LAYER[own], f"{name_of(path)}:{line} imports {module}"
    if own == "engines" and len(relative) > 2:
        for module, line in imports(path):
            match = re.match(r"checker\.engines\.(\w+)", module)
            if match:
                assert match[1] in (relative[1], "interp"), f"{name_of(path)}:{line}: {module}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_who_may_import_what(path):
    """z3 in smt; subprocess in native and export; references know nothing of the checker."""
    where = name_of(path)
    for module, line in imports(path):
        head = module.split(".")[0]
        if head == "z3":
            assert where.startswith("checker/engines/smt/"), f"{where}:{line}"
        if head == "subprocess":
            assert where.startswith(("checker/engines/native/", "checker/engines/export/")), (
                f"{where}:{line}")
        if "/reference" in where:
            assert head != "checker", f"{where}:{line}"


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_lines_and_functions_fit(path):
    text = path.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        assert len(line) <= LONGEST_LINE, f"{name_of(path)}:{number} is {len(line)} wide"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{name_of(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_modules_say_what_they_are(path):
    assert ast.get_docstring(ast.parse(path.read_text())), name_of(path)


WORKPLACE = re.compile(r"/work/|helper-\d|\bissue #?\d|\bTODO\b|\bFIXME\b|\bXXX\b")


def test_nothing_speaks_of_the_workplace():
    """No paths of one machine, no notes to self."""
    kinds = {".py", ".md", ".c", ".h", ".toml", ".json", ".jinja", ".txt"}
    this = pathlib.Path(__file__).resolve()
    for path in sorted(ROOT.rglob("*")):
        hidden = any(p in (".venv", ".git", ".pytest_cache", "build") or p.endswith("egg-info")
                     for p in path.relative_to(ROOT).parts)
        if hidden or path.suffix not in kinds or path == this or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            assert not WORKPLACE.search(line), f"{name_of(path)}:{number}: {line.strip()}"


def test_no_name_is_imported_in_vain():
    """Every imported name is used or exported."""
    for path in SOURCES:
        if path.name == "__init__.py":
            continue
        text = path.read_text()
        tree = ast.parse(text)
        nodes = list(ast.walk(tree))
        used = {n.id for n in nodes if isinstance(n, ast.Name)} | {
            n.value.id for n in nodes if isinstance(n, ast.Attribute)
            and isinstance(n.value, ast.Name)}
        words = set(re.findall(r"\w+", re.sub(r"(?m)^(from .*|import .*)$", "", text)))
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    name = (alias.asname or alias.name).split(".")[0]
                    assert name in used or name in ("annotations",) or (
                        name in words and _quoted(text, name)), f"{name_of(path)}: {name}"


def _quoted(text, name):
    """Whether a name occurs in an annotation, which is text under postponed evaluation."""
    return re.search(rf"(: |-> |\[|, ){name}\b", text) is not None
