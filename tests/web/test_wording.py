"""Times and numbers as pages say them."""

from datetime import timedelta

import pytest

from parley.kit import clock
from parley.kit.errors import Invalid, TooMany
from parley.web.wording import ago, count_of, language_choices, sentence_of, short_number, until


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (59, "now"),
        (61, "1 min"),
        (3590, "59 min"),
        (7300, "2 h"),
        (86_399, "23 h"),
        (200_000, "2 d"),
    ],
)
def test_how_long_ago(seconds: int, text: str) -> None:
    moment = clock.now()
    with clock.shifted(timedelta(seconds=seconds)):
        assert ago(moment) == text


def test_long_ago_is_a_day() -> None:
    moment = clock.now()
    with clock.shifted(timedelta(days=400)):
        assert ago(moment) == f"{moment.day} {moment:%b} {moment.year}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "less than a minute left"),
        (90, "2 minutes left"),
        (3600, "1 hour left"),
        (86_400, "1 day left"),
        (259_200, "3 days left"),
    ],
)
def test_how_long_still(seconds: int, text: str) -> None:
    assert until(clock.now() + timedelta(seconds=seconds)) == text


def test_numbers_stay_short() -> None:
    numbers = (0, 999, 1000, 1250, 9999, 10_500, 999_999, 5_600_000)
    assert [short_number(each) for each in numbers] == [
        "0",
        "999",
        "1k",
        "1.2k",
        "9.9k",
        "10k",
        "999k",
        "5.6M",
    ]
    assert [count_of(each, "like", "likes") for each in (1, 2)] == ["1 like", "2 likes"]


def test_refusals_lose_the_words_of_the_api() -> None:
    assert (
        sentence_of(Invalid("Validation failed: poll options can't be blank"))
        == "Poll options can't be blank."
    )
    assert sentence_of(TooMany("Slow down!")) == "Slow down!"


def test_a_language_once_chosen_stays_on_offer() -> None:
    assert ("fy", "Western Frisian") in language_choices("fy")
    assert ("pt-BR", "pt-BR") in language_choices("pt-BR")
    assert len(language_choices("")) < len(language_choices("", all_of_them=True))
