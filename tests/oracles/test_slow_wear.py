"""The slow statement of non-wear by zeros against published tools; zero steps are taken for zero counts."""

import pytest

from tests.oracles.peer_cases import minutes_of_cases, rows_of
from tests.oracles.slow_rules import Minutes, Span
from tests.oracles.slow_wear import CHOI, NCI, ZEROS_60, ZeroRule, not_worn

RULES = {
    "acc312_nonwear60_nci_tol2_up99": NCI,
    "acc312_nonwear_w60_tol0": ZEROS_60,
    "pa024_choi_nonwear_90_30_2": CHOI,
}
VALUES = minutes_of_cases()[1]


def expected(oracle: str) -> dict[str, set[Span]]:
    """The tool's stretches by case that it was run on."""
    found: dict[str, set[Span]] = {
        row["case_id"]: set() for row in rows_of("expected_nonwear_totals.csv") if row["rule_id"] == oracle
    }
    for row in rows_of("expected_nonwear.csv"):
        if row["rule_id"] == oracle:
            found[row["case_id"]].add((int(row["start_i"]), int(row["end_i"])))
    return found


@pytest.mark.parametrize("oracle", RULES)
def test_one_algorithm_gives_the_non_wear_of_nci_of_choi_and_of_plain_runs(oracle: str) -> None:
    """Missing minutes as zeros, as the tools had them: 111, 111 and 107 cases, of which 76, 76 and 72 have none missing."""
    ran = expected(oracle)
    assert (len(ran), sum(None not in VALUES[case] for case in ran)) == ((107, 72) if "choi" in oracle else (111, 76))
    for case, theirs in ran.items():
        whole: Minutes = [steps or 0 for steps in VALUES[case]]
        # the Choi package calls zeros at either end of a record non-wear, however few: not in Choi 2011, not here
        kept = {
            (start, end)
            for start, end in theirs
            if "choi" not in oracle or end - start >= 90 or (start > 0 and end < len(whole))
        }
        assert not_worn(whole, RULES[oracle]) == kept, case
    assert sum(map(bool, ran.values())) > 50


SMALL = ZeroRule(6, spike_minutes=2, spike_steps=99)
EXAMPLES: dict[str, tuple[Minutes, ZeroRule, set[Span]]] = {
    "six minutes from zero to zero": ([0, 0, 0, 99, 0, 0], SMALL, {(0, 6)}),
    "a spike at the end is no part of it": ([0, 0, 0, 0, 0, 99], SMALL, set()),
    "a spike above the limit": ([0, 0, 0, 100, 0, 0, 0], SMALL, set()),
    "two minutes": ([0, 0, 5, 5, 0, 0], SMALL, {(0, 6)}),
    "three minutes are no spike": ([0, 0, 5, 5, 5, 0, 0], SMALL, set()),
    "two spikes with a zero between": ([0, 5, 5, 0, 5, 5, 0], SMALL, {(0, 7)}),
    "a missing minute is no zero": ([0, 0, 0, None, 0, 0, 0], SMALL, set()),
    "nor one of a spike": ([0, 0, 5, None, 0, 0, 0], SMALL, set()),
    "zeros on both sides": ([0, 0, 500, 0, 0, 0], ZeroRule(6, 2, flank_minutes=2), {(0, 6)}),
    "too few on one": ([0, 500, 0, 0, 0, 0], ZeroRule(6, 2, flank_minutes=2), set()),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_passes_for_a_spike(example: str) -> None:
    minutes, rule, stretches = EXAMPLES[example]
    assert not_worn(minutes, rule) == stretches
