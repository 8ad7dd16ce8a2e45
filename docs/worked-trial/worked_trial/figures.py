"""The two pictures of the page, as SVG: the curves of recurrence, and weekly adherence with its bounds."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from worked_trial import design
from worked_trial.counting import TrialData
from worked_trial.published import Week
from worked_trial.reference import curve

#: told apart by lightness as well, for a print without colour
_COLOURS = {"walking": "#1f5f8b", "control": "#c47f17"}
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "worked-trial",
    "svg.fonttype": "none",
    "font.size": 10.0,
    "font.family": "sans-serif",
}


def _save(figure: Figure, path: Path) -> None:
    """The same figure gives the same bytes: no date, and ids that do not depend on chance."""
    figure.savefig(path, format="svg", metadata={"Date": None})


def _axes(title: str, across: str, upward: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.6, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(f"Simulated data: {title}", fontsize=11)
    axes.set_xlabel(across)
    axes.set_ylabel(upward)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylim(0, 1)
    return figure, axes


def draw_recurrence(data: TrialData, path: Path) -> None:
    """Kaplan-Meier curves with log-log 95 % bounds by lifelines, and the true curves."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes("free of a recurrence", "days since randomisation", "share of the arm")
        for name, arm in (("walking", data.is_walking), ("control", ~data.is_walking)):
            fitted = curve(data.recurrence, arm)
            days, bounds = fitted.survival_function_.index, fitted.confidence_interval_
            axes.step(days, fitted.survival_function_.iloc[:, 0], where="post", color=_COLOURS[name], label=name)
            axes.fill_between(
                days, bounds.iloc[:, 0], bounds.iloc[:, 1], step="post", color=_COLOURS[name], alpha=0.18, lw=0
            )
            truth = np.arange(0, design.LONGEST_FOLLOW_UP_DAYS + 1, 4)
            left = [1 - design.risk_of_recurrence(name, float(day)) for day in truth]
            axes.plot(truth, left, color=_COLOURS[name], lw=1, ls=":", label=f"{name}, true")
        axes.axhline(0.5, color="#888888", lw=0.6)
        axes.set_xlim(0, design.LONGEST_FOLLOW_UP_DAYS)
        axes.legend(frameon=False)
        _save(figure, path)


def draw_adherence(weeks: Iterable[Week], true_share: dict[tuple[str, int], float], path: Path) -> None:
    """Each week's bounds of the share of participants who met their target, and the true share inside them."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes(
            "weeks in which the target was met", "study week", "share of the arm, from lower to upper bound"
        )
        rows = list(weeks)
        for name, shift in (("walking", -0.1), ("control", 0.1)):
            of_arm = [row for row in rows if row.arm == name]
            across = [row.number + shift for row in of_arm]
            axes.vlines(
                across, [row.share_lo for row in of_arm], [row.share_hi for row in of_arm], color=_COLOURS[name], lw=5,
                alpha=0.55, label=f"{name}, bounds",
            )  # fmt: skip
            axes.plot(
                across, [true_share[name, row.number] for row in of_arm], "o", color=_COLOURS[name], ms=4,
                label=f"{name}, true",
            )  # fmt: skip
        axes.set_xticks(sorted({row.number for row in rows}))
        axes.legend(frameon=False, ncols=2)
        _save(figure, path)
