"""The scores in spec/mutation.md: those of two small protocols are counted again, and what survives
in them is what the page explains."""
import re

from support import ROOT

from checker.face.mutants import across, try_all
from checker.face.search import Limits
from checker.frontend import load

PAGE = (ROOT / "spec" / "mutation.md").read_text()
TEXT = " ".join(PAGE.split())
[SPEC] = [spec for spec in load(ROOT / "spec" / "votes" / "model.py") if spec.name == "Counter"]
EXPLAINED = {("swap steps", "postcopy.migrate", "BQL listen"),
             ("swap steps", "vfio.life", "vfio: unregister listener on error")}


def test_what_survives_in_the_counter_of_2018(monkeypatch):
    monkeypatch.chdir(ROOT)
    score = try_all(SPEC, ["small"], Limits(), lambda text: None)
    survivors = {one.mutant.key[:3] for one in score.of("survived")}
    assert survivors == EXPLAINED
    assert len(score.of("killed")) == 35 and len(score.of("equivalent")) == 4
    assert score.of("undecided") == []
    assert "`vfio: unregister listener on error` / `vfio: enable on error`" in TEXT
    assert "(virtio-mem, guest_memfd, postcopy, balloon)" in TEXT


def counted(protocol):
    """The protocol's row of the first table: mutants, killed, survivors, equivalent ones."""
    row = re.search(rf"^\| {protocol} \| small \|(.*)\|$", PAGE, re.MULTILINE)[1]
    return [int(cell) for cell in row.split("|")[:4]]


def named(mutant, protocol):
    """Whether the page explains it: two steps that change places in a row of the protocol in the
    table of swaps, anything else by its step in an item of the lists that names the protocol."""
    explained = PAGE.partition("## Harmless")[2]
    if mutant.operator == "swap steps":
        pair = f"`{mutant.label}` / {mutant.text.removeprefix('with ')}"
        rows = re.findall(rf"^\| {protocol} \|.*$", explained, re.MULTILINE)
        return any(pair in row for row in rows)
    items = re.split(r"\n(?=- \*\*|\n)", explained)
    return any(f"{protocol}: " in item and f"`{mutant.label}`" in item for item in items)


def test_what_survives_in_dirty_log_is_named(monkeypatch):
    """All variants together: a survivor that is new is not on the page yet."""
    monkeypatch.chdir(ROOT)
    specs = load(ROOT / "spec" / "dirty_log" / "model.py")
    scores = [try_all(spec, ["small"], Limits(), lambda text: None) for spec in specs]
    found = list(across(scores).values())
    statuses = [status for _, status in found]
    survivors = [mutant for mutant, status in found if status == "survived"]
    assert [mutant for mutant in survivors if not named(mutant, "dirty_log")] == []
    assert [len(found), *(statuses.count(status) for status in ("killed", "survived", "equivalent"))
            ] == counted("dirty_log")
