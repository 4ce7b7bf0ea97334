"""Training of real models: it learns, and killed at any moment it goes on as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
for package in ("transformers", "accelerate", "peft", "pydantic"):
    pytest.importorskip(package, reason=f"{package} is not installed")

from gistpool_trainer.cli import main
from gistpool_trainer.finetune.checkpoints import Checkpoints, sync_folder
from gistpool_trainer.finetune.config import read_config
from gistpool_trainer.finetune.log import clock, read_log
from gistpool_trainer.finetune.prepare import prepare
from gistpool_trainer.finetune.schedule import lr_scale
from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.vocabulary import control_tokens, encode, token_id

from .conftest import forget_accelerator
from .questions import write_sums

ROOT = Path(__file__).parents[2]
torch.set_num_threads(1)


def write_config(folder: Path, model: Path, **settings: Any) -> Path:
    """A run of 12 steps of a few seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    data = write_sums(folder / "sums.jsonl", 52)
    train = {
        "length": 224, "epochs": 2, "rows_per_step": 4, "rows_at_once": 2, "lr": 3e-3, "precision": "f32",
        "save_every_steps": 4, "evaluate_every_steps": 6, **settings.pop("train", {}),
    }  # fmt: skip
    lines = [f'run = "run"\nmodel = "{model}"', f'[data]\nfiles = ["{data.name}"]\nheld_out = 4']
    lines.append("[chain]\ngists = 3\nrecover_share = 0.3")
    lines.append("[train]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in train.items()))
    lines += [
        f"[{name}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in table.items())
        for name, table in settings.items()
    ]
    path = folder / "config.toml"
    path.write_text("\n\n".join(lines) + "\n")
    return path


def losses(folder: Path, kind: str = "train") -> dict[int, float]:
    return {e["step"]: e["loss"] for e in read_log(folder / "run" / "log.jsonl") if e["kind"] == kind}


@pytest.fixture(scope="module")
def whole(prepared_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    forget_accelerator()
    main(["finetune", str(write_config(folder, prepared_models["qwen2"]))])
    return folder


def test_the_loss_falls_and_curves_are_drawn(whole: Path) -> None:
    curve = losses(whole)
    assert list(curve) == list(range(1, len(curve) + 1))
    assert curve[len(curve)] < 0.7 * curve[1]
    held_out = losses(whole, "held_out")
    assert held_out[len(curve)] < held_out[6] < curve[1]
    assert (whole / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((whole / "run" / "checkpoints").iterdir())) == 2


def test_killed_without_warning_the_same_command_goes_on_and_the_curve_has_no_jump(
    whole: Path, prepared_models: dict[str, Path], tmp_path: Path
) -> None:
    config = write_config(tmp_path, prepared_models["qwen2"])
    log = tmp_path / "run" / "log.jsonl"
    command = [sys.executable, "-m", "gistpool_trainer", "finetune", str(config), "--threads", "1"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        # Between two checkpoints: what was done since the last one must be done again.
        deadline = time.monotonic() + 300
        while not log.exists() or '"step": 6' not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = len(losses(tmp_path))
    steps = len(losses(whole))
    assert 6 <= before < steps
    main(["finetune", str(config)])
    after, undisturbed = losses(tmp_path), losses(whole)
    assert list(after) == list(undisturbed)
    assert max(abs(after[step] - undisturbed[step]) for step in after) < 1e-5


def test_a_polite_kill_saves_first(prepared_models: dict[str, Path], tmp_path: Path) -> None:
    config = write_config(tmp_path, prepared_models["qwen2"], train={"save_every_steps": 1000})
    log = tmp_path / "run" / "log.jsonl"
    command = [sys.executable, "-m", "gistpool_trainer", "finetune", str(config), "--threads", "1"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, text=True
    )
    while not log.exists() or '"step": 2' not in log.read_text():
        assert process.poll() is None
        time.sleep(0.02)
    process.terminate()
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "paused; the same command goes on" in said
    saved = [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()]
    assert saved == [f"step-{max(losses(tmp_path)):08d}"]


def load_saved(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    latest = Checkpoints(folder / "run" / "checkpoints", keep=1).latest()
    assert latest is not None
    saved: dict[str, Any] = load_file(latest[1] / "model.safetensors")
    return saved


@pytest.mark.parametrize("kind", ["qwen2", "qwen3"])
def test_lora_trains_adapters_and_the_new_tokens_alone(
    prepared_models: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    """qwen3's embeddings are tied to its output, qwen2's are not."""
    from gistpool_trainer.commands.source import load_tokenizer
    from gistpool_trainer.gguf_export.merge import merge

    config_file = write_config(
        tmp_path,
        prepared_models[kind],
        lora={"rank": 4},
        train={"epochs": 1, "lr": 1e-2, "precision": "bf16"},
    )
    main(["finetune", str(config_file), "--stop-at", "2"])
    main(["finetune", str(config_file)])
    assert min(losses(tmp_path).values()) < losses(tmp_path)[1]
    out = merge(read_config(config_file), tmp_path / "merged", "float32")
    from transformers import AutoModelForCausalLM

    before, after = (
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict()
        for folder in (prepared_models[kind], out)
    )
    assert before.keys() == after.keys()
    before, after = ({name: value.bfloat16() for name, value in one.items()} for one in (before, after))
    assert all("lora_" in name or "trainable_tokens" in name for name in load_saved(tmp_path))
    new = {token_id(load_tokenizer(str(out)), name) for name in control_tokens(3)}
    table = "model.embed_tokens.weight"
    moved = (before[table] != after[table]).any(1).nonzero()[:, 0].tolist()
    assert moved and set(moved) <= new
    layer = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(before[layer], after[layer])
    norm = "model.norm.weight"
    assert torch.equal(before[norm], after[norm])


def test_new_tokens_begin_as_the_mean_of_their_description(
    bare_models: dict[str, Path], tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    new = prepare(str(bare_models["qwen2"]), tmp_path / "model", 2, "chatml")
    assert new[:2] == ["<|o_0|>", "<|o_1|>"] and "<|splitter|>" in new
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    for name, text in control_tokens(2).items():
        words = encode(tokenizer, text)
        for table in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
            row = table[token_id(tokenizer, name)]
            assert torch.allclose(row, table[words].mean(0), atol=1e-6), name
    assert prepare(str(tmp_path / "model"), tmp_path / "again", 2, "keep") == []


def test_a_config_tells_all_its_faults_at_once_by_field(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('run = "x"\nmodle = "y"\n[data]\nfiles = []\n[train]\nlr = -1\nepochs = "many"\n')
    with pytest.raises(WrongInput) as wrong:
        read_config(path)
    told = str(wrong.value).splitlines()
    assert len(told) == 5
    for field in ("model: ", "modle: no such setting", "data.files: ", "train.lr: ", "train.epochs: "):
        assert any(line.startswith(f"{path}: {field}") for line in told), field


def test_a_missing_data_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('run = "x"\nmodel = "y"\n[data]\nfiles = ["none.jsonl"]\n')
    with pytest.raises(WrongInput, match=r"data.files: .*none.jsonl does not exist"):
        read_config(path)


def test_a_run_goes_on_only_with_the_settings_it_was_begun_with(
    whole: Path, prepared_models: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = (whole / "config.toml").read_text()
    other = whole / "other.toml"
    other.write_text(text.replace("lr = 0.003", "lr = 0.1"))
    with pytest.raises(SystemExit) as ended:
        main(["finetune", str(other)])
    assert ended.value.code == 2
    assert "was begun with other settings or data (train.lr)" in capsys.readouterr().err


def test_a_run_does_not_go_on_with_other_data(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_sums(tmp_path / "sums.jsonl", 50)
    config = whole / "data.toml"
    config.write_text((whole / "config.toml").read_text().replace("sums.jsonl", str(other)))
    with pytest.raises(SystemExit) as ended:
        main(["finetune", str(config)])
    assert ended.value.code == 2
    assert "was begun with other settings or data (data.digest)" in capsys.readouterr().err


def test_a_half_written_checkpoint_is_never_taken_up(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step in (1, 2, 3):
        draft = checkpoints.draft(step)
        (draft / "weights").write_text("w")
        checkpoints.publish(draft, sync_folder)
    checkpoints.draft(4)
    assert checkpoints.latest() == (3, tmp_path / "step-00000003")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-00000002", "step-00000003", "step-00000004.tmp",
    ]  # fmt: skip


def test_the_learning_rate_warms_up_and_ends_low() -> None:
    rates = [lr_scale(step, 100, 0.05) for step in range(100)]
    assert 0 < rates[0] < rates[4] < rates[5] == 1.0
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] < 0.001
    assert lr_scale(99, 100, 0.05, min_share=0.1) > 0.1


def test_time_left_is_readable() -> None:
    assert (clock(5), clock(61), clock(3661)) == ("0:05", "1:01", "1:01:01")


def test_two_processes_compute_what_one_does(prepared_models: dict[str, Path], tmp_path: Path) -> None:
    """Over CPUs with gloo; shards are not tried here, they want GPUs."""
    config = write_config(tmp_path, prepared_models["qwen2"], train={"epochs": 1})
    alone = write_config(tmp_path / "alone", prepared_models["qwen2"], train={"epochs": 1})
    main(["finetune", str(alone)])
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += ["-m", "gistpool_trainer", "finetune", str(config), "--threads", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "on 2 card(s)" in ended.stdout
    together, single = losses(tmp_path), losses(tmp_path / "alone")
    assert list(together) == list(single)
    assert max(abs(together[step] - single[step]) for step in single) < 1e-4
