"""Values on the command line."""
import pytest

from checker.errors import UserError
from checker.face.options import (parse_settings, parse_size, parse_value, show_settings,
                                  show_size, show_value, spread_settings)


@pytest.mark.parametrize("text, value", [
    ("3", 3), ("-1", -1), ("True", True), ("None", None), ("after attach", "after attach"),
    ("'3'", "3"), ('"True"', "True"), ("(1, 2)", (1, 2)), ("", ""), ("none", "none"),
    ("a=b", "a=b"), ("f(1)", "f(1)"), ("1 +", "1 +"),
])
def test_values_are_literals_or_else_strings(text, value):
    assert parse_value(text) == value and type(parse_value(text)) is type(value)


@pytest.mark.parametrize("value", [3, True, None, "x", "3", "True", "'x'", "", "a b", "true",
                                   (1, "2"), "it's"])
def test_shown_values_are_read_back(value):
    assert parse_value(show_value(value)) == value


def test_a_truth_value_of_another_language_is_refused():
    with pytest.raises(UserError, match="True"):
        parse_value("true")


def test_settings():
    assert parse_settings(["a=1", "b=x=y"]) == {"a": 1, "b": "x=y"}
    assert show_settings({"a": 1, "b": "x y"}) == "a=1 b='x y'"


@pytest.mark.parametrize("word", ["a", "=1", "1a=2", "a b=1"])
def test_what_is_no_setting_is_refused(word):
    with pytest.raises(UserError, match="NAME=VALUE"):
        parse_settings([word])


def test_a_constant_is_set_once():
    with pytest.raises(UserError, match="twice"):
        parse_settings(["a=1", "a=2"])


@pytest.mark.parametrize("words, spread", [
    ("--set a=1 b=2 --json", "--set a=1 --set b=2 --json"),
    ("x.py --set a=1 y.py", "x.py --set a=1 y.py"),
    ("--set a=1 --set b=2 c=3", "--set a=1 --set b=2 --set c=3"),
    ("--set a=1 y.py b=2", "--set a=1 y.py b=2"),
    ("b=2 --limit 3", "b=2 --limit 3"),
    ("--set", "--set"),
    ("--set a=--set b=1", "--set a=--set --set b=1"),
])
def test_one_set_takes_several_words(words, spread):
    assert spread_settings(words.split()) == spread.split()


@pytest.mark.parametrize("text, size", [
    ("1024", 1024), ("4GiB", 4 << 30), ("500M", 500 << 20), ("1 kb", 1024), ("2t", 2 << 40)])
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "GiB", "-1", "1.5G", "4 apples"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UserError, match="not a size"):
        parse_size(text)


def test_sizes_for_people():
    assert [show_size(n) for n in (0, 1023, 1536, 4 << 30, 3 << 40)] == [
        "0 B", "1023 B", "1.5 KiB", "4.0 GiB", "3.0 TiB"]
