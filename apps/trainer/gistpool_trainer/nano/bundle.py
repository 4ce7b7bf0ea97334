"""The bundled models as a whole: every stage of a recipe in its order, then every file that ships."""

import shutil
from pathlib import Path

from .checkpoint import load_model
from .export import write_gguf
from .fidelity import write_fixture
from .puzzles import trained_questions, write_puzzles
from .recipe import Recipe, Stage, stages
from .tokenizer import load_tokenizer, train_tokenizer
from .train import Run, train

FIDELITY_STAGE = "qwen2-lightthinker"


def train_bundle(recipe: Recipe, runs: Path, only: list[str], stop_at: int | None) -> None:
    """Goes on wherever it stands; `only` names the stages to run, none for all."""
    tokenizer = runs / "tokenizer.json"
    runs.mkdir(parents=True, exist_ok=True)
    if not tokenizer.exists():
        fresh = tokenizer.with_suffix(".tmp")
        train_tokenizer(recipe.vocabulary).save(str(fresh))
        fresh.replace(tokenizer)
    left_out = frozenset(recipe.left_out.read_text().split()) if recipe.left_out else frozenset[str]()
    for stage in stages(recipe):
        if only and stage.name not in only:
            continue
        start_from = runs / stage.start_from / "checkpoint.pt" if stage.start_from else None
        run = Run(stage, runs / stage.name, tokenizer, start_from, left_out, recipe.seed)
        print(f"{stage.name}: {stage.training.steps} steps", flush=True)
        if not train(run, stop_at):
            return


def export_bundle(recipe: Recipe, runs: Path, models: Path, fixture: Path | None) -> None:
    tokenizer = load_tokenizer(runs / "tokenizer.json")
    models.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(runs / "tokenizer.json", models / "tokenizer.json")
    for stage in stages(recipe)[1:]:
        model, _ = load_model(runs / stage.name / "checkpoint.pt")
        path = models / f"{file_name(stage)}.gguf"
        assert stage.form != "all"
        write_gguf(path, path.stem, model, tokenizer, stage.form, "f32")
        if fixture is not None and stage.name == FIDELITY_STAGE:
            write_fixture(fixture, model, tokenizer, path.name)
    pools = _last_pool(runs, stages(recipe)[1])
    trained = trained_questions("twins", pools + 1, recipe.twins)
    write_puzzles(models / "puzzles", trained)


def file_name(stage: Stage) -> str:
    """The LightThinker model bears the plain name: it is the one that is meant."""
    suffix = {"lightthinker": "", "token": "-token", "vanilla": "-vanilla"}[stage.form]
    return f"gistpool-nano-{stage.architecture}{suffix}"


def _last_pool(runs: Path, stage: Stage) -> int:
    _, state = load_model(runs / stage.name / "checkpoint.pt")
    pool: int = state["place"]["pool"]
    return pool
