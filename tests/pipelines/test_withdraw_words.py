"""An id as a word: found where it stands for the person, and nowhere else."""

import datetime as dt

import pytest

from pipelines.withdraw.refusal import Withdrawn, person_hash
from pipelines.withdraw.words import Words

P1 = Words("P1", {"P1", "P1-2", "P10", "P2"})
NUMBER = Words("5", {"5", "50"})


@pytest.mark.parametrize(
    "text", ["P1", "a P1.", "P1_walk.gpx", "x/P1/y", "walk-P1-2024", "P1-2 and P1", '{"who":"P1"}']
)
def test_an_id_is_found_as_a_word(text: str) -> None:
    assert P1.in_text(text)
    assert P1.in_bytes(text.encode())
    assert not P1.in_text(P1.out_of(text))


@pytest.mark.parametrize("text", ["P10", "XP1", "p1", "P1-2", "P1-2/day.fit", "", "P 1", "P11 P12"])
def test_longer_words_and_other_ids_are_not_taken_for_it(text: str) -> None:
    assert not P1.in_text(text)
    assert not P1.in_bytes(text.encode())
    assert P1.out_of(text) == text


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("P1/day.fit", "day.fit"),
        ("a/P1/day.fit", "a/day.fit"),
        ("P1 day.fit", "withdrawn day.fit"),
        ("all.zip!/P1/P1.csv", "all.zip!/withdrawn.csv"),
        ("P1.zip!/P1-2/a.csv", "withdrawn.zip!/P1-2/a.csv"),
        ("P1", "withdrawn"),
        ("P2/day.fit", "P2/day.fit"),
    ],
)
def test_a_name_loses_the_id_and_nothing_else(name: str, without: str) -> None:
    assert P1.out_of_name(name) == without


@pytest.mark.parametrize(
    ("name", "is_theirs"), [("5/a.csv", True), ("5.csv", True), ("50.csv", False), ("2024-03-5.csv", False)]
)
def test_a_number_counts_as_a_whole_folder_or_name_only(name: str, is_theirs: bool) -> None:
    assert NUMBER.in_name(name) == is_theirs
    assert (NUMBER.out_of_name(name) != name) == is_theirs


def withdrawn(*people: str) -> Withdrawn:
    return Withdrawn(tuple(("salt", person_hash("salt", who), dt.date(2026, 11, 1)) for who in people))


@pytest.mark.parametrize(
    "name", ["P1/a.fit", "x/P1.csv", "walk P1.gpx", "P1_2.csv", "a.zip!/P1/b.csv", "2024_P1_x.csv", "P1-2.and.P1.csv"]
)
def test_a_withdrawn_id_is_known_in_a_name_by_its_hash(name: str) -> None:
    assert withdrawn("P1").named(name, {"P1-2", "P2"}) == "P1"


@pytest.mark.parametrize("name", ["P1-2/a.fit", "P10.csv", "P2/a.csv", "p1.csv", "P1-2 walk.gpx"])
def test_names_of_others_are_not_refused(name: str) -> None:
    assert withdrawn("P1").named(name, {"P1-2", "P2"}) is None


def test_an_id_of_digits_does_not_refuse_dates() -> None:
    found = withdrawn("01", "2024")
    assert found.named("2024-01-05 walk.gpx", set()) is None
    assert found.named("01/walk.gpx", set()) == "01"
    assert found.named("2024.csv", set()) == "2024"


def test_an_id_of_several_words_is_found_as_a_whole() -> None:
    assert withdrawn("S-1_a.b").named("walk S-1_a.b of June.gpx", set()) == "S-1_a.b"
    assert withdrawn("S-1").month("S-1") == dt.date(2026, 11, 1)
    assert withdrawn("S-1").month("S-2") is None
