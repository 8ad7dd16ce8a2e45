"""Writes the generated parts of the pages: every table says that it is of simulated data."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from scipy import stats

from worked_trial import design
from worked_trial.coverage import LEAST, MOST, Coverage
from worked_trial.estimates import Estimate
from worked_trial.published import ArmFacts, DoseBand, Week

#: name of the estimate -> its words and decimals
_WORDS = {
    "hazard_ratio": ("Recurrence: hazard ratio, walking to control (Cox)", 2),
    "median_control": ("Recurrence: median days, control (Kaplan-Meier)", 0),
    "median_walking": ("Recurrence: median days, walking (Kaplan-Meier)", 0),
    "adverse_risk_control": ("Any adverse event in 12 months: risk, control (Kaplan-Meier)", 3),
    "adverse_risk_walking": ("Any adverse event in 12 months: risk, walking (Kaplan-Meier)", 3),
    "adverse_risk_difference": ("Any adverse event in 12 months: risk difference (Kaplan-Meier)", 3),
    "dose_lag1_lo": ("Dose of the week before, lower bound: log HR per unit, given arm", 2),
    "dose_lag1_hi": ("Dose of the week before, upper bound: log HR per unit, given arm", 2),
    "dose_lag4_lo": ("Mean dose of the 4 weeks before, lower bound: log HR per unit, given arm", 2),
    "dose_lag4_hi": ("Mean dose of the 4 weeks before, upper bound: log HR per unit, given arm", 2),
    "dose_cumulative_lo": ("Dose of all weeks before, lower bound: log HR per unit, given arm", 3),
    "dose_cumulative_hi": ("Dose of all weeks before, upper bound: log HR per unit, given arm", 3),
    "disability_difference": ("Disability (0 to 24) after 12 months: mean difference", 2),
    "cost_difference": ("Cost of 12 months: mean difference, AU$", 0),
    "qaly_difference": ("QALY of 12 months: mean difference", 4),
    "net_monetary_benefit": (f"Net monetary benefit at AU${design.THRESHOLD:,.0f} per QALY: mean difference, AU$", 0),
}


def number(value: float, decimals: int) -> str:
    """A number for a table; a bound that is not reached in words."""
    if math.isinf(value):
        return "not reached"
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table under its caption; the first column is text, the others are set to the right."""
    lines = [f"**Simulated data.** {caption}", "", "| " + " | ".join(header) + " |"]
    lines.append("|---|" + "---:|" * (len(header) - 1))
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def headline(estimates: dict[str, Estimate]) -> str:
    """Every truth with its estimate, interval, and whether the interval holds the truth; then the misses in a sentence."""
    rows, misses = [], []
    for name, truth in design.truths().items():
        (words, decimals), one = _WORDS[name], estimates[name]
        if math.isnan(one.value):
            rows.append((words, number(truth, decimals), "not estimable", "", ""))
            continue
        if not one.covers(truth):
            misses.append(words)
        rows.append(
            (words, number(truth, decimals), number(one.value, decimals),
             f"{number(one.low, decimals)} to {number(one.high, decimals)}", "yes" if one.covers(truth) else "**no**")
        )  # fmt: skip
    made = sum(not math.isnan(one.value) for one in estimates.values())
    told = f"Of {made} intervals, {len(misses)} do not hold the truth" + (
        ": " + "; ".join(misses) + ". That is reported, not mended." if misses else "."
    )
    caption = "What was true, and what the trial found."
    return table(caption, ("", "truth", "estimate", "95 % interval", "holds the truth"), rows) + f"\n\n{told}"


def economics(estimates: dict[str, Estimate]) -> str:
    """The cost-effectiveness in a sentence; the ratio is given without an interval."""
    cost, qaly, net = (estimates[name] for name in ("cost_difference", "qaly_difference", "net_monetary_benefit"))
    chance = f"{stats.norm.cdf(net.value / net.standard_error):.1%}" if net.standard_error > 0 else "not estimable"
    ratio = f"AU${cost.value / qaly.value:,.0f}" if qaly.value > 0 else "not defined, since no QALY was gained"
    return (
        f"Simulated data: incremental cost per QALY gained {ratio}"
        f" (truth AU${design.true_cost_difference() / design.true_qaly_gain():,.0f}; no interval, since a ratio whose"
        " denominator may be zero has none that means anything). Estimated probability that walking is cost-effective at"
        f" AU${design.THRESHOLD:,.0f} per QALY: {chance}."
    )


def arms(facts: Sequence[ArmFacts]) -> str:
    """Who the arms are, and how much is known of each."""
    rows = [
        ("participants", [str(one.people) for one in facts]),
        ("age in years, mean (SD)", [f"{one.age_mean:.0f} ({one.age_sd:.0f})" for one in facts]),
        ("women", [f"{one.women / one.people:.0%}" for one in facts]),
        ("disability (0 to 24) at the start, mean", [f"{one.disability_mean:.1f}" for one in facts]),
        ("people with a recurrence", [str(one.recurrences) for one in facts]),
        ("people with an adverse event in 12 months", [str(one.adverse_people) for one in facts]),
        ("disability known after 12 months", [str(one.disability_known) for one in facts]),
        ("cost and QALY of 12 months known", [str(one.economic_known) for one in facts]),
    ]
    return table("The arms.", ("", *(one.arm for one in facts)), [(name, *cells) for name, cells in rows])


def adherence(weeks: Sequence[Week], true_share: dict[tuple[str, int], float]) -> str:
    """Weekly adherence by arm: bounds, and the truth that only a simulation knows."""
    rows = [
        (f"{row.arm}, week {row.number}", str(row.weeks), str(row.unknown), f"{row.share_lo:.1%}", f"{row.share_hi:.1%}",
         f"{true_share[row.arm, row.number]:.1%}")
        for row in weeks
    ]  # fmt: skip
    caption = (
        "Share of participant-weeks in which the week's target was met: `share_lo` counts those known to be met, `share_hi`"
        " those that may have been. Unknown weeks stay in the denominator."
    )
    return table(caption, ("arm and study week", "weeks", "unknown", "share_lo", "share_hi", "truth"), rows)


def adverse(bands: Sequence[DoseBand]) -> str:
    """Adverse events by dose, with dose by its lower and by its upper bound."""
    rows = [
        (one.band, f"{one.weeks_lo:,.0f}", str(one.events_lo), _rate(one.events_lo, one.weeks_lo),
         f"{one.weeks_hi:,.0f}", str(one.events_hi), _rate(one.events_hi, one.weeks_hi))
        for one in bands
    ]  # fmt: skip
    caption = (
        "First adverse events in the walking arm by the dose of the week before. **Descriptive, post-randomisation**: people"
        " choose their dose, so no difference between these rows is an effect of it."
    )
    header = (
        "dose of the week before",
        "weeks, by lo",
        "events",
        "per 100 weeks",
        "weeks, by hi",
        "events",
        "per 100 weeks",
    )
    return table(caption, header, rows)


def _rate(events: int, weeks: float) -> str:
    return f"{100 * events / weeks:.1f}" if weeks else ""


def record(counts: dict[str, int]) -> str:
    """What went through the warehouse."""
    return table("What went through the warehouse.", ("", "count"), [(name, f"{n:,}") for name, n in counts.items()])


def coverage_table(rows: Sequence[Coverage]) -> str:
    """Coverage of every interval, and in a sentence which of them are not what they say."""
    simulations = max(row.estimable for row in rows)
    cells, outside = [], []
    for row in rows:
        words, decimals = _WORDS[row.name]
        stated = "" if math.isnan(row.mean_error) else number(row.mean_error, decimals + 2)
        cells.append(
            (words, number(row.truth, decimals), number(row.mean, decimals + 1), number(row.spread, decimals + 2), stated,
             f"{row.covered} of {row.estimable}", f"{row.share:.1%}", "yes" if row.is_as_stated else "**no**")
        )  # fmt: skip
        if not row.is_as_stated:
            outside.append(words)
    error = math.sqrt(0.95 * 0.05 / simulations)
    told = (
        f"Monte Carlo error of a coverage of 95 % over {simulations:,} trials: {error:.1%} (one standard error). "
        + (
            f"Outside {LEAST:.0%} to {MOST:.0%}: " + "; ".join(outside) + "."
            if outside
            else f"No interval lies outside {LEAST:.0%} to {MOST:.0%}."
        )
    )
    caption = (
        f"95 % intervals over {simulations:,} simulated trials. Spread: standard deviation of the estimates; stated: the mean"
        " of their standard errors (both of the logarithm for the hazard ratio; medians state none)."
    )
    header = (
        "",
        "truth",
        "mean estimate",
        "spread",
        "stated",
        "hold the truth",
        "coverage",
        f"{LEAST:.0%} to {MOST:.0%}",
    )
    return table(caption, header, cells) + f"\n\n{told}"


def fill(path: Path, blocks: dict[str, str]) -> None:
    """Puts generated text between the page's markers; ValueError naming a block that the page has no marker for."""
    text = path.read_text(encoding="utf-8")
    for name, content in blocks.items():
        between = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        parts = between.split(text)
        if len(parts) != 4:
            raise ValueError(f"expected one marker of {name!r} in {path.name}; found {len(parts) // 3}")
        before, opens, closes, after = parts
        text = f"{before}{opens}{content}\n{closes}{after}"
    path.write_text(text, encoding="utf-8", newline="\n")
