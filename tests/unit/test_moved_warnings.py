"""A warning stays at the words it is about, whatever is added or taken away before them."""

from hypothesis import given
from hypothesis import strategies as st

from content.disclosure.record import Block, BlockKind
from controller.services.moved_warnings import follow_blocks
from controller.store.documents import DocumentWarning


def block(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


OLD = tuple(block(text) for text in ("第一段", "第二段", "第三段"))
ABOUT_THIRD = DocumentWarning("FOREIGN_WORD", "请核对第三段。", 2)


def place(*new: Block) -> int | None:
    (moved,) = follow_blocks((ABOUT_THIRD,), OLD, new)
    return moved.block


def test_a_warning_moves_down_with_its_block() -> None:
    assert place(block("新的一段"), *OLD) == 3
    assert place(OLD[0], block("甲"), block("乙"), *OLD[1:]) == 4


def test_a_warning_moves_up_when_an_earlier_block_is_taken_away() -> None:
    assert place(*OLD[1:]) == 1
    assert place(OLD[2]) == 0


def test_a_warning_stays_at_a_block_that_was_edited() -> None:
    assert place(*OLD[:2], block("第三段，已改")) == 2


def test_a_block_that_became_several_keeps_its_warning_at_the_first() -> None:
    assert place(*OLD[:2], block("第三段，已"), block("分成两段")) == 2


def test_a_warning_about_a_block_that_is_gone_is_about_the_whole_document() -> None:
    assert place(*OLD[:2]) is None
    assert place() is None


def test_a_warning_about_the_whole_document_stays_one() -> None:
    whole = DocumentWarning("ANNEX_MISSING", "请补充附件。", None)

    assert follow_blocks((whole,), OLD, OLD[:1]) == (whole,)


@given(
    st.lists(st.sampled_from("甲乙丙丁"), max_size=8),
    st.lists(st.sampled_from("甲乙丙丁"), max_size=8),
)
def test_no_warning_points_beside_the_text(old: list[str], new: list[str]) -> None:
    warnings = tuple(DocumentWarning("FOREIGN_WORD", "请核对。", at) for at in range(len(old)))

    moved = follow_blocks(warnings, [block(one) for one in old], [block(one) for one in new])

    assert len(moved) == len(warnings)
    assert all(one.block is None or one.block in range(len(new)) for one in moved)
