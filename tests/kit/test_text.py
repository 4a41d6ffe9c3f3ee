"""Text that people type: cleaning, counting, excerpts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.errors import Invalid
from parley.kit.text import clean_line, clean_text, count_characters, excerpt

PDF, PDI = "\u202c", "\u2069"
RLO, RLE, LRI = "\u202e", "\u202b", "\u2066"

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
directed = st.text(st.sampled_from(["a", " ", "\n", "\r", PDF, PDI, RLO, RLE, LRI, "\u2028", "\x07"]))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfffy"])
def test_what_cannot_be_stored_is_refused(text):
    with pytest.raises(Invalid) as refusal:
        clean_text(text)
    assert refusal.value.shown == "Validation failed: Text contains characters that cannot be stored"
    with pytest.raises(Invalid, match="Display name contains"):
        clean_line(text, "Display name")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0bg", "a\nb\nc\nd\ne\nf\ng"),
        ("tab\tstays", "tab\tstays"),
        ("bell\x07 escape\x1b[0m \x7f\x9b\ufffe\uffff", "bell escape[0m "),
        ("  spaces stay \n", "  spaces stay \n"),
        (f"{RLE}paired{PDF}", f"{RLE}paired{PDF}"),
        (f"{LRI}a{RLO}b{PDF}{PDI}", f"{LRI}a{RLO}b{PDF}{PDI}"),
        (f"{RLO}gnp.exe", "gnp.exe"),
        (f"a{PDF}b{PDI}", "ab"),
        (f"{RLO}one\ntwo{PDF}", "one\ntwo"),
        (f"{LRI}a{RLO}b{PDI}{PDF}", f"{LRI}ab{PDI}"),
        ("zero\u200dwidth👩\u200d🚀", "zero\u200dwidth👩\u200d🚀"),
    ],
)
def test_cleaned(text, wanted):
    assert clean_text(text) == wanted


def test_line_has_no_breaks_and_no_outer_spaces():
    assert clean_line("  a\r\n\t b \u2028 c\x0c ") == "a b c"


@given(storable | directed)
def test_cleaning_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text) == clean_line(clean_text(text))
    assert len(clean_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("plain", 5),
        ("e\u0301", 1),
        ("नमस्ते", 4),
        ("👩\u200d👩\u200d👧\u200d👦", 1),
        ("👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏻", 1),
        ("🙂\u200d↔\ufe0f", 1),
        ("👍🏿", 1),
        ("🇩🇪🇫🇷", 2),
        ("🇩", 1),
        ("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", 1),
        ("#\ufe0f\u20e3", 1),
        ("한국", 2),
        ("\u1112\u1161\u11ab", 1),
        ("日本語", 3),
        ("a\r\nb", 3),
        ("é\r\nb", 3),
        ("a\u200db", 2),
        ("\u0301\u0301", 1),
        ("\n\u0301", 2),
        ("a" + "\u0301" * 1_700, 101),
    ],
)
def test_characters_as_readers_count(text, count):
    assert count_characters(text) == count


@given(st.text())
def test_count_bounds_the_code_points(text):
    assert count_characters(text) <= len(text) <= 80 * count_characters(text)


@given(st.text(), st.integers(1, 30))
def test_excerpt_keeps_its_limit_and_its_beginning(text, limit):
    short = excerpt(text, limit)
    whole = " ".join(text.split())
    assert count_characters(short) <= limit
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))


def test_excerpt_does_not_part_what_belongs_together():
    assert excerpt("👩\u200d🚀👩\u200d🚀👩\u200d🚀", 2) == "👩\u200d🚀…"
    assert excerpt("exactly", 7) == "exactly"
