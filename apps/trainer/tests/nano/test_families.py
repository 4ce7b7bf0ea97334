"""What every family promises. Needs neither torch nor tokenizers."""

import re
from random import Random

import pytest

from gistpool_trainer.nano.families import FAMILIES, LONG_HORIZON, draw, held_out

from .solvers import SOLVERS

ALL = sorted(FAMILIES)


@pytest.mark.parametrize("family", ALL)
def test_a_second_solver_finds_the_same_answer(family: str) -> None:
    for index in range(200):
        item = held_out("test", family, index)
        assert SOLVERS[family](item.question) == item.answer, item.question


@pytest.mark.parametrize("family", ALL)
def test_small_items_of_the_curriculum_are_right_too(family: str) -> None:
    for index in range(100):
        item = FAMILIES[family](Random(index), 0.1)
        assert SOLVERS[family](item.question) == item.answer, item.question


@pytest.mark.parametrize("family", ALL)
def test_the_same_index_gives_the_same_item(family: str) -> None:
    assert held_out("test", family, 7) == held_out("test", family, 7)
    assert held_out("test", family, 7) != held_out("test", family, 8)


@pytest.mark.parametrize("family", ALL)
def test_thoughts_are_numbered_one_step_each(family: str) -> None:
    item = held_out("test", family, 3)
    numbers = [int(re.match(r"\d+", thought)[0]) for thought in item.thoughts]  # type: ignore[index]
    upwards = list(range(1, len(numbers) + 1))
    assert numbers == (upwards[::-1] if family in LONG_HORIZON else upwards)


@pytest.mark.parametrize("family", ["web_of_lies", "navigate", "boolean_expressions"])
def test_neither_answer_of_a_yes_or_no_family_dominates(family: str) -> None:
    answers = [held_out("test", family, index).answer for index in range(400)]
    share = answers.count(answers[0]) / len(answers)
    assert 0.35 < share < 0.65


@pytest.mark.parametrize("family", LONG_HORIZON)
def test_long_horizon_items_have_a_short_prompt_and_many_thoughts(family: str) -> None:
    for index in range(50):
        item = held_out("test", family, index)
        assert 20 <= len(item.thoughts) <= 60
        assert len(item.question.split()) < 60


def test_training_streams_do_not_contain_held_out_questions() -> None:
    """Tiny items may repeat by chance; families with room for variety must not."""
    weights = {
        family: 1.0
        for family in ("web_of_lies", "tracking_shuffled_objects_seven_objects", "object_counting")
    }
    trained = {draw("base", index, weights, 1.0).question for index in range(4000)}
    for family in weights:
        assert all(held_out("puzzles", family, index).question not in trained for index in range(50))


def test_a_stream_respects_the_weights() -> None:
    weights = {"web_of_lies": 1.0, "navigate": 0.0, "nth_word": 3.0}
    drawn = [draw("test", index, weights, 1.0).family for index in range(400)]
    assert set(drawn) == {"web_of_lies", "nth_word"}
    assert drawn.count("nth_word") > 2 * drawn.count("web_of_lies")


def test_the_curriculum_starts_with_small_items() -> None:
    small = [len(FAMILIES["loop_ring"](Random(index), 0.0).thoughts) for index in range(20)]
    assert max(small) == 2
