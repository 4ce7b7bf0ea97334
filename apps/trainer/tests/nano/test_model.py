"""The mask, the model and the evicting decode agree with each other and with transformers."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("tokenizers", reason="the tokenizers package is not installed")

from gistpool_trainer.nano.config import Architecture, Config
from gistpool_trainer.nano.decode import Cells, Decoder
from gistpool_trainer.nano.families import held_out
from gistpool_trainer.nano.masks import IGNORED, allowed, collate
from gistpool_trainer.nano.model import Transformer


def small_model(vocabulary: int, architecture: Architecture = "qwen2", **sizes: int) -> Transformer:
    torch.manual_seed(0)
    shape = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = Transformer(Config(vocabulary, architecture, **{**shape, "num_key_value_heads": 4, **sizes}))
    for parameter in model.parameters():
        if parameter.dim() == 1:
            torch.nn.init.normal_(parameter, 0.5, 0.3)
        else:
            torch.nn.init.normal_(parameter, 0.0, 0.15)
    return model.eval()


#            p  p  t1 t1 g1 g1 c  t2 t2 g2 g2 c  a
THOUGHT = [0, 0, 1, 1, 0, 0, 0, 2, 2, 0, 0, 0, 0]
GIST = [0, 0, 0, 0, 1, 1, 0, 0, 0, 2, 2, 0, 0]


def sees(query: int) -> list[int]:
    mask = allowed(torch.tensor([THOUGHT]), torch.tensor([GIST]))[0, 0]
    return [key for key in range(len(THOUGHT)) if mask[query, key]]


def test_a_thought_sees_prompt_gists_continues_and_itself() -> None:
    assert sees(8) == [0, 1, 4, 5, 6, 7, 8]


def test_gists_see_their_thought() -> None:
    assert sees(5) == [0, 1, 2, 3, 4, 5]
    assert sees(10) == [0, 1, 4, 5, 6, 7, 8, 9, 10]


def test_continue_does_not_see_the_thought_before_it() -> None:
    assert sees(6) == [0, 1, 4, 5, 6]


def test_the_answer_sees_no_thought() -> None:
    assert sees(12) == [0, 1, 4, 5, 6, 9, 10, 11, 12]


def test_targets_are_the_sampled_tokens_shifted_by_one(renderer: Any) -> None:
    document = renderer.render(held_out("test", "nth_word", 0), "lightthinker")
    labels = collate([document], pad_id=0).labels[0].tolist()
    assert labels[-1] == IGNORED
    for position, label in enumerate(labels[:-1]):
        wanted = document.ids[position + 1] if document.sampled[position + 1] else IGNORED
        assert label == wanted


@pytest.mark.parametrize("kv_heads", [4, 2])
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_logits_equal_those_of_transformers(architecture: Architecture, kv_heads: int) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    model = small_model(100, architecture, num_key_value_heads=kv_heads)
    name = {"qwen2": "Qwen2", "llama": "Llama"}[architecture]
    config = getattr(transformers, f"{name}Config")(**model.config.to_transformers())
    theirs = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    missing, unexpected = theirs.load_state_dict(model.state_dict(), strict=False)
    assert set(missing) <= {"lm_head.weight"} and not unexpected
    theirs.tie_weights()
    ids = torch.randint(0, 100, (2, 17))
    causal = torch.ones(17, 17, dtype=torch.bool).tril()
    with torch.no_grad():
        assert torch.allclose(model(ids, causal), theirs(ids).logits, atol=1e-4)


def test_a_masked_forward_equals_a_decode_that_evicts(tokenizer: Any, renderer: Any) -> None:
    model = small_model(tokenizer.get_vocab_size())
    document = renderer.render(held_out("test", "loop_ring", 0), "lightthinker")
    batch = collate([document], pad_id=0)
    decoder = Decoder(model, tokenizer, "lightthinker")
    splitter = tokenizer.token_to_id("<|splitter|>")
    start = document.thought.index(1)
    after_gists = {p + 1 for p, token in enumerate(document.gist[:-1]) if token and not document.gist[p + 1]}
    with torch.no_grad():
        masked = model(batch.ids, batch.allowed)[0]
        cells = Cells(model)
        worst = (cells.feed(document.ids[:start])[-1] - masked[start - 1]).abs().max()
        thought_start = cells.count
        for position in range(start, len(document.ids)):
            token = document.ids[position]
            if token == splitter:
                logits = decoder.compress(cells, thought_start, splitter)
                thought_start = cells.count
                position += 3
                assert position in after_gists and cells.position == position + 1
            elif cells.position > position:
                continue
            else:
                logits = cells.feed([token])[-1]
            worst = max(worst, (logits - masked[position]).abs().max())
    assert worst <= 1e-4
    assert cells.count < len(document.ids) / 2


def test_a_decoded_session_counts_its_peak(tokenizer: Any) -> None:
    model = small_model(tokenizer.get_vocab_size())
    session = Decoder(model, tokenizer, "vanilla").run("Hello?", limit=12)
    prompt = session.peak_cells - len(session.sampled)
    assert 0 < prompt < 40 and not session.answer


def test_gguf_holds_every_tensor_and_the_method(tmp_path: Path, tokenizer: Any) -> None:
    gguf = pytest.importorskip("gguf", reason="the gguf package is not installed")
    from gistpool_trainer.nano.export import write_gguf

    model = small_model(tokenizer.get_vocab_size())
    write_gguf(tmp_path / "m.gguf", "m", model, tokenizer, "lightthinker", "f32")
    reader = gguf.GGUFReader(tmp_path / "m.gguf")
    assert len(reader.tensors) == len(model.state_dict())
    fields = {name: field.contents() for name, field in reader.fields.items()}
    assert fields["gistpool.method"] == "lightthinker"
    assert fields["gistpool.gist_tokens"] == ["<|o_0|>", "<|o_1|>"]
    assert fields["tokenizer.ggml.pre"] == "qwen2"
    assert fields["tokenizer.ggml.tokens"][fields["tokenizer.ggml.eos_token_id"]] == "<|im_end|>"
