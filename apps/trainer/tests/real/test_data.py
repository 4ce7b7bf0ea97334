"""From raw files to chains; whatever is wrong with a file is named, all of it, with line and remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

from gistpool_trainer.cli import main
from gistpool_trainer.reasoning.build import ChainBuilder, ChainOptions
from gistpool_trainer.reasoning.pieces import Role, chain_of
from gistpool_trainer.reasoning.problems import WrongFiles, WrongInput
from gistpool_trainer.reasoning.raw import RawItem, read_raw
from gistpool_trainer.reasoning.segment import ThoughtOptions
from gistpool_trainer.reasoning.statistics import Shape, report

ITEM = RawItem(Path("a.jsonl"), 1, "Is 9 prime?", "", ("9 is 3 times 3.", "So it has a divisor."), "No")
WRONG = [
    ('{"question": "a", "thoughts": ["x"], "answer": " "}', '"answer" is empty. Add the answer'),
    ('{"question": "a", "thoughts": ["x"]', "not JSON (Expecting ',' delimiter, column 36)"),
    ('{"thoughts": ["x"], "answer": "y"}', 'no "question". Add the question'),
    ("[1]", "a JSON list, not an object"),
    ('{"question": "a", "output": "no end marked"}', 'no "answer". Put it into "answer"'),
    ('{"question": "a", "answer": "y"}', 'neither "thoughts" and "output". Give exactly one'),
    ('{"question": "a", "thoughts": ["b"], "output": "c", "answer": "y"}', 'both "thoughts" and "output"'),
    ('{"question": "a", "thoughts": [], "answer": "y"}', "no thought before the answer"),
    ('{"question": "a", "output": "<|splitter|> x", "answer": "y"}', "spells the control token <|splitter|>"),
    ('{"question": "a", "output": "<think> x", "answer": "y"}', "<think> without </think>"),
    ('{"question": "a", "thoughts": ["x", ""], "answer": "y"}', "thought 2 is empty"),
    ('{"question": 3, "thoughts": ["x"], "answer": "y"}', '"question" is a int, not a text'),
]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def builder(tokenizer: Any, **options: Any) -> ChainBuilder:
    return ChainBuilder(tokenizer, ChainOptions(gists=3, **options), "tiny")


def test_every_fault_of_a_file_is_named_at_once_with_line_and_remedy(
    tmp_path: Path, prepared_models: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "raw.jsonl", *(line for line, _ in WRONG))
    out = tmp_path / "chains.jsonl"
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "data",
                str(file),
                "--tokenizer",
                str(prepared_models["qwen2"]),
                "--gists",
                "3",
                "--out",
                str(out),
            ]
        )
    assert ended.value.code == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == len(WRONG)
    for number, (line, (_, wanted)) in enumerate(zip(told, WRONG, strict=True), start=1):
        assert line.startswith(f"{file}:{number}: ")
        assert wanted in line
    assert not out.exists()


def test_many_faults_are_capped_and_counted(tmp_path: Path) -> None:
    file = write(tmp_path / "raw.jsonl", *["{"] * 50)
    with pytest.raises(WrongFiles) as wrong:
        read_raw([file], ThoughtOptions())
    assert len(wrong.value.problems) == 50
    assert str(wrong.value).splitlines()[-1] == "... and 30 more problems of this kind or another."


def test_a_missing_file_an_empty_one_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(b"\n\xff\xfe\n")
    files = [tmp_path / "none.jsonl", write(tmp_path / "empty.jsonl", ""), tmp_path / "b.jsonl"]
    with pytest.raises(WrongFiles) as wrong:
        read_raw(files, ThoughtOptions())
    told = str(wrong.value)
    assert f"{files[0]}: cannot be read (No such file or directory)" in told
    assert f"{files[1]}: no item in it" in told
    assert f"{files[2]}:2: not UTF-8 (byte 1 of the line)" in told


def test_a_thought_longer_than_the_context_is_named_and_a_long_chain_left_out(hf_tokenizer: Any) -> None:
    with pytest.raises(
        WrongFiles, match=r"a.jsonl:1: thought 2 has 16 tokens, the context 15. Cut thoughts finer"
    ):
        builder(hf_tokenizer).build_all([ITEM], length=15)
    built = builder(hf_tokenizer).build_all([ITEM], length=40)
    assert (built.chains, built.skipped) == ([], [ITEM])


def test_a_tokenizer_without_the_new_tokens_is_told_how_to_get_them(
    bare_models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "raw.jsonl", json.dumps({"question": "a", "thoughts": ["b"], "answer": "c"}))
    with pytest.raises(SystemExit) as ended:
        main(["data", str(file), "--tokenizer", str(bare_models["qwen2"]), "--gists", "5"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "lacks <|splitter|>, <|continue|>, <|o_0|>, <|o_1|> and 3 more" in told
    assert f"trainer prepare {bare_models['qwen2']} --out FOLDER --gists 5" in told


def test_more_gists_than_the_vocabulary_has_are_named(hf_tokenizer: Any) -> None:
    with pytest.raises(WrongInput, match=r"lacks <\|o_3\|>"):
        ChainBuilder(hf_tokenizer, ChainOptions(gists=4), "tiny")


def test_public_forms_are_read_alike(tmp_path: Path) -> None:
    ours = {"question": "Q?", "system": "S", "output": "A.\n\nB.", "answer": "42"}
    marked = "<|begin_of_thought|>\n\nA.\n\nB.\n\n<|end_of_thought|>\n\n"
    marked += "<|begin_of_solution|>\n42 <|end_of_solution|>"
    turns = [{"from": "user", "value": "Q?"}, {"from": "assistant", "value": marked}]
    chat = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "Q?"},
        {"role": "assistant", "content": "<think>A.\n\nB.</think>42"},
    ]
    lines = [ours, {"question": "Q?", "system": "S", "thoughts": ["A.", "B."], "answer": "42"},
             {"system": "S", "conversations": turns}, {"messages": chat}]  # fmt: skip
    items = read_raw([write(tmp_path / "raw.jsonl", *map(json.dumps, lines))], ThoughtOptions())
    assert {(item.question, item.system, item.thoughts, item.answer) for item in items} == {
        ("Q?", "S", ("A.", "B."), "42")
    }


def roles(chain: Any) -> list[tuple[str, int]]:
    return [(str(piece.role), piece.thought) for piece in chain.pieces]


def test_a_lightthinker_chain_compresses_after_every_thought(hf_tokenizer: Any) -> None:
    chain = builder(hf_tokenizer).build(ITEM)
    assert roles(chain) == [
        ("prompt", 0),
        ("thought", 1), ("splitter", 1), ("gist", 1), ("continue", 1),
        ("thought", 2), ("splitter", 2), ("gist", 2), ("continue", 2),
        ("answer", 0),
    ]  # fmt: skip
    assert hf_tokenizer.decode(chain.ids) == (
        "<|im_start|>user\nIs 9 prime?<|im_end|>\n<|im_start|>assistant\n"
        "9 is 3 times 3.\n<|splitter|><|o_0|><|o_1|><|o_2|><|continue|>"
        "So it has a divisor.\n<|splitter|><|o_0|><|o_1|><|o_2|><|continue|>"
        "<|begin_of_solution|>No<|end_of_solution|><|im_end|>"
    )
    assert all(
        piece.is_sampled == (piece.role in ("thought", "splitter", "answer")) for piece in chain.pieces
    )


def test_a_vanilla_chain_says_the_same_without_new_tokens(hf_tokenizer: Any) -> None:
    chain = builder(hf_tokenizer, mode="vanilla").build(ITEM)
    assert {role for role, _ in roles(chain)} == {"prompt", "thought", "answer"}
    assert {number for _, number in roles(chain)} == {0}
    assert Shape.of(chain).peak() == Shape.of(chain).vanilla_peak == len(chain)


def test_token_level_compresses_after_every_k_sampled_tokens_the_answer_included(hf_tokenizer: Any) -> None:
    chain = builder(hf_tokenizer, level="token", every_tokens=4).build(ITEM)
    assert not chain.of(Role.SPLITTER)
    assert {len(piece.ids) for piece in chain.of(Role.THOUGHT)} == {4}
    tail = chain.of(Role.ANSWER)[0].ids
    assert 1 <= len(tail) <= 4 and tail[-1] == hf_tokenizer.eos_token_id
    sampled = [token for piece in chain.pieces if piece.is_sampled for token in piece.ids]
    vanilla = builder(hf_tokenizer, mode="vanilla").build(ITEM)
    assert sampled == [token for piece in vanilla.pieces if piece.is_sampled for token in piece.ids]


def test_prompt_compression_and_recover_blocks(hf_tokenizer: Any) -> None:
    chain = builder(hf_tokenizer, compress_prompt=True, recover_share=1.0).build(ITEM)
    assert roles(chain)[:3] == [("prompt", 0), ("gist", 0), ("continue", 0)]
    assert roles(chain)[-4:] == [("recover", 1), ("recovered", 1), ("recover", 2), ("recovered", 2)]
    assert chain.of(Role.RECOVERED)[1].ids == chain.of(Role.THOUGHT)[1].ids
    with pytest.raises(ValueError, match="need mode = lightthinker"):
        ChainOptions(mode="vanilla", recover_share=0.5)


def test_documents_of_the_bundled_model_become_the_same_chains(hf_tokenizer: Any) -> None:
    from gistpool_trainer.nano.render import Document

    chain = builder(hf_tokenizer).build(ITEM)
    document = Document("family")
    for piece in chain.pieces:
        own = piece.thought if piece.role in (Role.THOUGHT, Role.SPLITTER) else 0
        gist = piece.thought if piece.role is Role.GIST else 0
        document.add(list(piece.ids), thought=own, gist=gist, sampled=piece.is_sampled)
    tokens = builder(hf_tokenizer).tokens
    assert chain_of(document, tokens.splitter, tokens.resume).pieces == chain.pieces


def test_statistics_count_what_is_there(hf_tokenizer: Any) -> None:
    chain = builder(hf_tokenizer).build(ITEM)
    shape = Shape.of(chain)
    assert shape.prompt + shape.generated + 2 * shape.kept == len(chain)
    text = report([chain], skipped=1, length=64)
    assert "chains 1; longer than 64 tokens and left out: 1 (50.0%)" in text
    assert f"{shape.peak()}" in text


def test_the_mask_picture_and_the_histograms_are_drawn(
    prepared_models: dict[str, Path], tmp_path: Path
) -> None:
    line = json.dumps({"question": "Is 9 prime?", "thoughts": ["9 is $3 times 3."], "answer": "No"})
    file = write(tmp_path / "raw.jsonl", line, line)
    options = [str(file), "--tokenizer", str(prepared_models["qwen2"]), "--gists", "3"]
    main(["show-mask", *options, "--items", "2", "--out", str(tmp_path / "mask.png")])
    main(["data", *options, "--stats", "--sample", "--picture", str(tmp_path / "lengths.png"),
          "--out", str(tmp_path / "chains.jsonl")])  # fmt: skip
    assert (tmp_path / "mask.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "lengths.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "chains.jsonl").read_text().splitlines()) == 2
