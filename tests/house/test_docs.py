"""The documentation keeps up: transcripts, commands, codes and names are those of the code."""
import checker
from checker.codes import CODES
from checker.face.commands import COMMANDS
from checker.ir.system import IMPLICIT
from tests.house.readme import README, ROOT, run_all, same

LANGUAGE = (ROOT / "docs" / "language.md").read_text()


def test_the_readme_shows_what_the_commands_print():
    shown = list(run_all(README.read_text()))
    assert len(shown) >= 6
    for block, found in shown:
        assert same(block["output"], found), f"$ {block['command']}\n{found}"


def test_every_command_is_in_the_readme():
    text = README.read_text()
    for name in COMMANDS:
        assert f"checker {name}" in text or f"`{name}" in text, name


def test_every_name_of_the_prelude_is_documented():
    for name in checker.__all__:
        assert name in LANGUAGE, name


def test_every_implicit_property_is_documented():
    for name in IMPLICIT:
        assert f"`{name}`" in LANGUAGE, name


def test_every_code_says_something():
    for code, text in CODES.items():
        assert len(text.split()) >= 8, code
