"""`--markdown`: tables that say what the ledger says, written between the marks of a page."""
from checker.errors import EXIT_DIFFERS, EXIT_OK, EXIT_SPEC, EXIT_UNKNOWN, EXIT_USAGE
from checker.face.markdown import BEGIN, END


def tables(text):
    """{first cell of the head: rows as lists of cells}"""
    found = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        if lines:
            rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
            assert len({len(row) for row in rows}) == 1
            found[rows[0][0]] = rows[2:]
    return found


def written(run, home, *words):
    answer = run("verify", *words, "--markdown", "page.md")
    return answer.status, (home / "page.md").read_text()


def test_the_tables_of_a_spec(run, home):
    status, text = written(run, home, "handover.py")
    assert status == EXIT_OK and text.startswith(BEGIN) and text.endswith(END + "\n")
    found = tables(text)
    assert found["variant"] == [["Handover", "ci", "`receivers=2`", "9", "10", "5"]]
    properties = {row[0]: row[1:] for row in found["property"]}
    assert properties["`nothing_lost`"] == ["invariant", "holds"]
    assert properties["`somebody_received`"] == ["sometimes", "holds, 3"]
    assert list(properties)[-1] == "11 others" and properties["11 others"] == ["implicit", "holds"]
    assert found["fault"] == [["`overwrite`", "`nothing_lost`", "3"],
                              ["`two_takes`", "`nothing_lost`", "3"],
                              ["`two_takes`", "`overflow`", "5"],
                              ["`lossy` (finding)", "`arrives`", "2"]]


def test_what_is_not_as_declared_is_loud(run, home):
    status, text = written(run, home, "wrong.py:Broken")
    assert status == EXIT_DIFFERS and "| `low` | invariant | **violated, 3** |" in text
    status, text = written(run, home, "wrong.py:Harmless")
    assert status == EXIT_DIFFERS and "| `low` | **holds** |" in text
    status, text = written(run, home, "wrong.py:Big", "--limit", "50")
    assert status == EXIT_UNKNOWN and "50 and more" in text and "**unknown**" in text
    status, text = written(run, home, "refused.py")
    assert status == EXIT_SPEC and "does not compile" in text


def test_a_page_keeps_what_stands_around_the_marks(run, home):
    page = home / "page.md"
    page.write_text(f"# Ours\n\n{BEGIN}\nof yesterday\n{END}\n\nAlso ours.\n")
    _, first = written(run, home, "handover.py")
    assert first.startswith(f"# Ours\n\n{BEGIN}\n") and first.endswith(f"{END}\n\nAlso ours.\n")
    assert "yesterday" not in first and "nothing_lost" in first
    _, second = written(run, home, "handover.py")
    assert second == first


def test_a_page_without_marks_is_left_alone(run, home):
    (home / "page.md").write_text("# Ours\n")
    answer = run("verify", "handover.py", "--markdown", "page.md")
    assert answer.status == EXIT_USAGE and answer.out == ""
    assert "there is no place for the report" in answer.err and BEGIN in answer.err
    assert (home / "page.md").read_text() == "# Ours\n"
