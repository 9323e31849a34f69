"""The scores in spec/mutation.md: that of one version is counted again, and its survivors are
those that the page explains."""
from support import ROOT

from checker.face.mutants import try_all
from checker.face.search import Limits
from checker.frontend import load

PAGE = " ".join((ROOT / "spec" / "mutation.md").read_text().split())
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
    assert "`vfio: unregister listener on error` / `vfio: enable on error`" in PAGE
    assert "(virtio-mem, guest_memfd, postcopy, balloon)" in PAGE
