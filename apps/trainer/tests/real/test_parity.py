"""Training sees what decoding sees: the masked forward equals decoding with real eviction, at every token."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("hypothesis", reason="hypothesis is not installed")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gistpool_trainer.finetune.evicting import decode_chain
from gistpool_trainer.finetune.model import HfModel
from gistpool_trainer.masking.layout import MaskOptions
from gistpool_trainer.masking.packing import collate
from gistpool_trainer.reasoning.pieces import Chain, Role
from gistpool_trainer.reasoning.statistics import Shape

from .chains import chains

KINDS = ["qwen2", "llama", "qwen3"]
MOST_DIFFERENCE = 1e-4
LEAST_NEGATIVE = 1e-2
quick = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def models(prepared_models: dict[str, Path]) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM

    return {
        kind: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        for kind, folder in prepared_models.items()
    }


def masked(model: Any, rows: list[list[Chain]], options: MaskOptions) -> Any:
    """Logits of every token of every row."""
    length = max(sum(map(len, row)) for row in rows) + 1
    batch = collate(rows, options, pad_id=3, length=length)
    with torch.inference_mode():
        return HfModel(model, "sdpa")(batch.ids, batch.positions, batch.seen, torch.arange(length))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@quick
def test_masked_forward_equals_decoding_with_eviction(models: dict[str, Any], kind: str, data: Any) -> None:
    chain = data.draw(chains(vocabulary=400, decodable=True))
    lag = data.draw(st.integers(0, 2))
    decoded, peak = decode_chain(models[kind], chain, lag)
    forward = masked(models[kind], [[chain]], MaskOptions(lag_thoughts=lag))[0, : len(chain)]
    assert (forward - decoded).abs().max() <= MOST_DIFFERENCE
    assert 0 <= Shape.of(chain).peak(lag) - peak <= 1


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@quick
def test_a_packed_chain_computes_what_it_computes_alone(models: dict[str, Any], kind: str, data: Any) -> None:
    row = data.draw(st.lists(chains(vocabulary=400), min_size=2, max_size=3))
    together = masked(models[kind], [row, row[1:]], MaskOptions())
    at = 0
    for chain in row:
        alone = masked(models[kind], [[chain]], MaskOptions())[0, : len(chain)]
        assert (together[0, at : at + len(chain)] - alone).abs().max() <= MOST_DIFFERENCE
        at += len(chain)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@quick
def test_a_decoder_that_forgets_to_evict_is_found_out(models: dict[str, Any], kind: str, data: Any) -> None:
    chain = data.draw(chains(vocabulary=400, decodable=True).filter(lambda chain: chain.of(Role.CONTINUE)))
    decoded, _ = decode_chain(models[kind], chain, evicting=False)
    forward = masked(models[kind], [[chain]], MaskOptions())[0, : len(chain)]
    assert (forward - decoded).abs().max() > LEAST_NEGATIVE


def test_figures(models: dict[str, Any], hf_tokenizer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Five thoughts of text through every architecture; prints what the docs state."""
    from gistpool_trainer.reasoning.build import ChainBuilder, ChainOptions
    from gistpool_trainer.reasoning.raw import RawItem

    thoughts = tuple(f"Step {n}: {n} plus {n + 1} is {2 * n + 1}, so we go on." for n in range(1, 6))
    item = RawItem(Path("figures.jsonl"), 1, "What is the sum of 1 to 6?", "", thoughts, "21")
    chain = ChainBuilder(hf_tokenizer, ChainOptions(gists=3), "tiny").build(item)
    for kind, model in models.items():
        forward = masked(model.double(), [[chain]], MaskOptions())[0, : len(chain)]
        exact = (forward - decode_chain(model, chain)[0]).abs().max()
        control = (forward - decode_chain(model, chain, evicting=False)[0]).abs().max()
        single = (forward - decode_chain(model.float(), chain)[0]).abs().max()
        with capsys.disabled():
            print(
                f"\n{kind}: float64 {exact:.1e}, float32 {single:.1e}, without eviction {control:.2f}", end=""
            )
        assert exact < 1e-9
        assert single <= MOST_DIFFERENCE
        assert control > 0.1
