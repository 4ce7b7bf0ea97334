"""How an item becomes tokens, and what that costs."""

import pytest

pytest.importorskip("tokenizers", reason="the tokenizers package is not installed")

from tokenizers import Tokenizer

from gistpool_trainer.nano.accounting import Lengths, lightthinker_peak, vanilla_peak
from gistpool_trainer.nano.families import LONG_HORIZON, held_out
from gistpool_trainer.nano.families.words import NAMES
from gistpool_trainer.nano.render import Renderer
from gistpool_trainer.tokens import ANSWER, CONTINUE, GISTS, IM_END, SPLITTER, TOKEN_LEVEL_EVERY, prompt_text


def test_common_names_are_one_token_with_their_space(tokenizer: Tokenizer) -> None:
    lengths = [len(tokenizer.encode(f" {name}").ids) for name in NAMES]
    assert lengths.count(1) > 0.9 * len(NAMES)


def test_any_text_survives_a_round_trip(tokenizer: Tokenizer) -> None:
    for text in ("Zoë pays 12€\n", "tabs\tand  spaces", "日本語 ok", prompt_text("x 10 y")):
        assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_digits_stand_alone(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("2024").ids) == 4


def test_lightthinker_form_ends_every_thought_with_splitter_gists_and_continue(
    tokenizer: Tokenizer, renderer: Renderer
) -> None:
    item = held_out("test", "web_of_lies", 0)
    text = tokenizer.decode(renderer.render(item, "lightthinker").ids, skip_special_tokens=False)
    end = "\n" + SPLITTER + "".join(GISTS) + CONTINUE
    assert text == prompt_text(item.question) + end.join(item.thoughts) + end + ANSWER + item.answer + IM_END


def test_vanilla_form_is_the_same_text_without_control_tokens(
    tokenizer: Tokenizer, renderer: Renderer
) -> None:
    item = held_out("test", "navigate", 0)
    text = tokenizer.decode(renderer.render(item, "vanilla").ids, skip_special_tokens=False)
    assert (
        text == prompt_text(item.question) + "\n".join(item.thoughts) + "\n" + ANSWER + item.answer + IM_END
    )


def test_token_level_form_compresses_after_every_so_many_sampled_tokens(
    tokenizer: Tokenizer, renderer: Renderer
) -> None:
    item = held_out("test", "navigate", 0)
    document, vanilla = renderer.render(item, "token"), renderer.render(item, "vanilla")
    spans = [document.thought.count(number) for number in range(1, max(document.thought) + 1)]
    assert spans and set(spans) == {TOKEN_LEVEL_EVERY}
    sampled = [
        [token for token, own in zip(d.ids, d.sampled, strict=True) if own] for d in (document, vanilla)
    ]
    assert sampled[0] == sampled[1]


def test_the_model_must_produce_splitters_but_never_gists_or_continue(
    tokenizer: Tokenizer, renderer: Renderer
) -> None:
    document = renderer.render(held_out("test", "navigate", 1), "lightthinker")
    fed = {tokenizer.token_to_id(token) for token in (*GISTS, CONTINUE)}
    sampled = {token for token, own in zip(document.ids, document.sampled, strict=True) if own}
    assert not sampled & fed
    assert tokenizer.token_to_id(SPLITTER) in sampled
    assert tokenizer.token_to_id(IM_END) in sampled
    prompt = document.ids[: document.thought.index(1)]
    assert not any(document.sampled[: len(prompt)])


@pytest.mark.parametrize("family", LONG_HORIZON)
def test_long_horizon_peak_is_at_most_two_fifths_of_vanilla(family: str, renderer: Renderer) -> None:
    ratios, sampled = [], []
    for index in range(40):
        document = renderer.render(held_out("test", family, index), "lightthinker")
        lengths = Lengths.of(document)
        ratios.append(lightthinker_peak(lengths) / vanilla_peak(lengths))
        sampled.append(sum(document.sampled))
    assert sum(ratios) / len(ratios) <= 0.40
    assert 400 <= sum(sampled) / len(sampled) <= 1500


def test_closed_form_of_the_peak_on_a_small_case() -> None:
    lengths = Lengths(prompt=10, thoughts=[5, 20, 4], tail=3)
    assert lightthinker_peak(lengths, gists=2) == 10 + 1 * 3 + 20 + 3
    assert vanilla_peak(lengths) == 10 + 5 + 20 + 4 - 3 + 3
