"""The mask in all its forms says what the definition says, pair by pair."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("hypothesis", reason="hypothesis is not installed")

from hypothesis import given, settings
from hypothesis import strategies as st

from gistpool_trainer.masking.layout import MaskOptions, layout
from gistpool_trainer.masking.packing import IGNORED, collate, pack
from gistpool_trainer.masking.visibility import Visibility, block_mask, dense_mask, mask_mod
from gistpool_trainer.reasoning.pieces import Chain, Piece, Role
from gistpool_trainer.reasoning.statistics import Shape

from .chains import chains, mask_options, sees, tokens_of

PAD = 3
torch.set_num_threads(1)


def packed(rows: list[list[Chain]], options: MaskOptions, room: int = 0) -> Visibility:
    length = max(sum(len(chain) for chain in row) for row in rows) + room
    return collate(rows, options, PAD, length).seen


@given(st.lists(chains(), min_size=1, max_size=3), mask_options())
@settings(max_examples=80, deadline=None)
def test_the_dense_mask_is_the_definition_for_every_pair_of_a_packed_row(
    row: list[Chain], options: MaskOptions
) -> None:
    mask = dense_mask(packed([row], options, room=2))[0, 0]
    tokens = tokens_of(row)
    expected = [[sees(q, k, row, options) for k in tokens] for q in tokens]
    assert mask[:-2, :-2].tolist() == expected
    # Padding sees itself, so that no softmax is empty, and nobody sees padding.
    assert mask[-2:].sum(-1).tolist() == [1, 2]
    assert not mask[:-2, -2:].any()


@given(st.lists(chains(), min_size=1, max_size=3), mask_options())
@settings(max_examples=25, deadline=None)
def test_flex_attention_sees_what_the_dense_mask_sees(row: list[Chain], options: MaskOptions) -> None:
    from torch.nn.attention.flex_attention import create_mask

    seen = packed([row, row[:1]], options)
    flex = create_mask(mask_mod(seen), seen.rows, 1, seen.length, seen.length, device="cpu")
    assert torch.equal(flex, dense_mask(seen))


def long_row() -> list[Chain]:
    thought = tuple(range(60, 260))
    pieces = [Piece(Role.PROMPT, thought[:70])]
    for number in (1, 2, 3):
        pieces += [Piece(Role.THOUGHT, thought, number), Piece(Role.GIST, (5, 6), number)]
        pieces.append(Piece(Role.CONTINUE, (1,), number))
    pieces.append(Piece(Role.ANSWER, thought[:40]))
    return [Chain(tuple(pieces))]


def test_the_block_mask_skips_exactly_the_blocks_in_which_nobody_sees_anybody() -> None:
    seen = packed([long_row()], MaskOptions())
    blocks = block_mask(seen)
    length = -(-seen.length // 128) * 128
    dense = torch.zeros(length, length, dtype=torch.bool)
    dense[: seen.length, : seen.length] = dense_mask(seen)[0, 0]
    wanted = dense.view(length // 128, 128, length // 128, 128).any(3).any(1)
    assert torch.equal(blocks.to_dense()[0, 0].bool(), wanted)  # type: ignore[attr-defined]
    blocks_a_side = length // 128
    assert wanted.sum() < blocks_a_side * (blocks_a_side + 1) // 2


def test_flex_attention_computes_what_sdpa_computes() -> None:
    from torch.nn.attention.flex_attention import flex_attention
    from torch.nn.functional import scaled_dot_product_attention

    seen = packed([long_row()], MaskOptions(lag_thoughts=1))
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 1, 2, seen.length, 16, dtype=torch.float64)
    flex = flex_attention(query, key, value, block_mask=block_mask(seen))
    sdpa = scaled_dot_product_attention(query, key, value, attn_mask=dense_mask(seen))
    assert (flex - sdpa).abs().max() < 1e-12


@given(chains(decodable=True), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_live_cells_of_the_mask_peak_at_the_closed_form(chain: Chain, lag: int) -> None:
    spans = layout(chain, MaskOptions(lag_thoughts=lag))
    live = [
        sum(max(0, min(span.stop, at + 1) - span.start) for span in spans if at < span.evicted_at)
        for at in range(len(chain))
    ]
    # The closed form counts the continue beside the thought; a cache has it only after the eviction.
    assert 0 <= Shape.of(chain).peak(lag) - max(live) <= 1


@given(st.lists(chains(), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_positions_begin_anew_in_every_chain_and_targets_stay_within_it(row: list[Chain]) -> None:
    batch = collate([row], MaskOptions(), PAD, sum(map(len, row)) + 3, recover_weight=0.5)
    at = 0
    for chain in row:
        assert batch.positions[0, at : at + len(chain)].tolist() == chain.positions
        assert chain.positions[0] == 0
        for offset, sampled in enumerate(chain.sampled):
            label = batch.labels[0, at + offset - 1].item() if at + offset else IGNORED
            assert label == (chain.ids[offset] if sampled else IGNORED)
        at += len(chain)
    assert (batch.labels[0, at - 1 :] == IGNORED).all()
    halves = sum(len(piece.ids) for chain in row for piece in chain.of(Role.RECOVERED)) / 2
    assert batch.weight == sum(sum(chain.sampled) for chain in row) - halves


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(50, 90))
def test_packing_places_every_chain_once_and_overfills_no_row(lengths: list[int], capacity: int) -> None:
    rows = pack(lengths, capacity)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= capacity for row in rows)


def test_a_recover_block_stands_where_its_thoughts_continue_stands() -> None:
    chain = Chain(
        (
            Piece(Role.PROMPT, (50, 51)),
            Piece(Role.THOUGHT, (52, 53), 1),
            Piece(Role.SPLITTER, (0,), 1),
            Piece(Role.GIST, (5, 6), 1),
            Piece(Role.CONTINUE, (1,), 1),
            Piece(Role.ANSWER, (54,)),
            Piece(Role.RECOVER, (2,), 1),
            Piece(Role.RECOVERED, (52, 53), 1),
        )
    )
    assert chain.positions == [0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 8, 9]
