"""A byte-level BPE with Qwen2's pre-tokeniser, trained on the generated puzzles."""

from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from gistpool_trainer.tokens import CONTROL_TOKENS, prompt_text

from .families import FAMILIES, draw
from .families.words import FIRST_NAMES, LEXICON

# llama.cpp's `qwen2` pre-tokeniser: words with their leading space, every digit alone.
QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train_tokenizer(size: int = 2400, items: int = 30_000) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(CONTROL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(items), trainer)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in CONTROL_TOKENS])
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def token_id(tokenizer: Tokenizer, token: str) -> int:
    found: int | None = tokenizer.token_to_id(token)
    if found is None:
        raise ValueError(f"the vocabulary has no {token}; train the tokenizer again")
    return found


def _texts(items: int) -> Iterator[str]:
    for word in FIRST_NAMES:
        yield from [word] * 500  # they also begin lines
    for word in LEXICON:
        # Often enough that every lexicon word becomes one token, with its leading space.
        yield from [f" {word}"] * 2_000
    weights = dict.fromkeys(FAMILIES, 1.0)
    for index in range(items):
        item = draw("tokenizer", index, weights, 0.3)
        template = prompt_text("\n")
        for control in CONTROL_TOKENS:
            template = template.replace(control, "")
        yield template
        yield item.question
        yield from (thought + "\n" for thought in item.thoughts)
        yield item.answer
