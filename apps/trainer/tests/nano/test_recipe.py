"""A recipe is checked whole before anything runs."""

from pathlib import Path

import pytest

from gistpool_trainer.nano.recipe import read_recipe, stages
from gistpool_trainer.reasoning.problems import WrongInput

RECIPES = Path(__file__).parents[2] / "recipes"


def test_the_shipped_recipe_makes_a_trunk_and_a_twin_of_every_kind() -> None:
    recipe = read_recipe(RECIPES / "nano.toml")
    names = [stage.name for stage in stages(recipe)]
    assert names[0] == "trunk"
    assert set(names[1:]) == {
        f"{a}-{f}" for a in ("qwen2", "llama") for f in ("lightthinker", "token", "vanilla")
    }
    assert recipe.left_out is not None and recipe.left_out.exists()


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    text = (RECIPES / "nano.toml").read_text()
    broken = text.replace("vocabulary = 2400", "vocabulary = -3").replace("web_of_lies", "sudoku")
    (tmp_path / "r.toml").write_text(broken.replace("seeded", "sprouted"))
    with pytest.raises(WrongInput) as caught:
        read_recipe(tmp_path / "r.toml")
    for field in ("vocabulary", "trunk.sprouted", "sudoku"):
        assert field in str(caught.value)


def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("seed = 1\nvocabulary = = 2\n")
    with pytest.raises(WrongInput, match=r"r\.toml: not TOML.*line 2"):
        read_recipe(tmp_path / "r.toml")
