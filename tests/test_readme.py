"""The Python of the README and of the quick start runs as printed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/quickstart.md")


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 3
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # one namespace, as a reader would
    if page == "README.md":
        assert 10 < names["run"].rate(names["e"]) < 35
        assert names["slope"] != 0
    else:
        assert names["trace"][-1, 0] > 0.99


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")) + [ROOT / "README.md"])
def test_links_lead_somewhere(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_picture_is_small():
    assert (ROOT / "docs" / "demo.png").stat().st_size < 200_000
