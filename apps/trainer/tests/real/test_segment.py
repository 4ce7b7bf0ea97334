"""Reasoning is cut where it should be, and never inside code or a formula."""

import pytest

pytest.importorskip("pydantic", reason="pydantic is not installed")
pytest.importorskip("hypothesis", reason="hypothesis is not installed")

from hypothesis import given
from hypothesis import strategies as st

from gistpool_trainer.reasoning.segment import By, ThoughtOptions, thoughts_of

WHOLE = [
    "```python\nif a. B:\n\n    Step 1 = 2. Done\n```",
    "$$x. Y\n\n= 3$$",
    "\\[a. B\n\nStep 1: c\\]",
    "\\begin{align}\na. B\n\nb\n\\end{align}",
]
TEXT = [
    "So it is.",
    "We go on",
    "Step 2: add e.g. three.",
    "1. First one!",
    "Dr. Who? Yes.",
    "It costs $5 or $6. Good.",
]
WAYS: list[By] = ["blank_line", "length", "sentence", "step"]


@given(
    st.lists(st.tuples(st.sampled_from(WHOLE + TEXT), st.sampled_from(["\n", "\n\n", " \n \n"])), min_size=1),
    st.sampled_from(WAYS),
    st.integers(0, 60),
)
def test_nothing_is_lost_and_code_and_formulas_stay_whole(
    parts: list[tuple[str, str]], by: By, least: int
) -> None:
    text = "".join(part + gap for part, gap in parts)
    thoughts = thoughts_of(text, ThoughtOptions(by=by, min_chars=least))
    assert "".join("".join(thoughts).split()) == "".join(text.split())
    assert all(thought and thought == thought.strip() for thought in thoughts)
    for whole, _ in parts:
        if whole in WHOLE:
            assert any(whole in thought for thought in thoughts)
    if len(thoughts) > 1:
        assert all(len(thought) >= least for thought in thoughts)


def test_every_way_of_cutting_cuts() -> None:
    text = "Step 1: add. It is e.g. 3.\n\nThat is odd. Step 2 comes.\nStep 2: stop."
    by = {way: thoughts_of(text, ThoughtOptions(by=way, min_chars=1)) for way in WAYS}
    assert by["blank_line"] == ["Step 1: add. It is e.g. 3.", "That is odd. Step 2 comes.\nStep 2: stop."]
    assert by["length"] == ["Step 1: add. It is e.g. 3.", "That is odd. Step 2 comes.", "Step 2: stop."]
    assert by["sentence"] == [
        "Step 1: add.", "It is e.g. 3.", "That is odd.", "Step 2 comes.", "Step 2: stop.",
    ]  # fmt: skip
    assert by["step"] == ["Step 1: add. It is e.g. 3.\n\nThat is odd. Step 2 comes.", "Step 2: stop."]


def test_an_open_code_fence_reaches_to_the_end() -> None:
    assert thoughts_of("So.\n\n```\na\n\nb", ThoughtOptions()) == ["So.", "```\na\n\nb"]


def test_a_step_pattern_of_ones_own_is_checked() -> None:
    with pytest.raises(ValueError, match="is no regular expression"):
        ThoughtOptions(step_pattern="(")
    assert thoughts_of("A: x\nB: y", ThoughtOptions(by="step", step_pattern=r"^[A-Z]:")) == ["A: x", "B: y"]
