"""Why a week has the answer it has: score, days, walks, minutes, files, rules and version, in words and numbers."""

import json
from pathlib import Path

from pipelines.explain.day_words import day_sentences, mark
from pipelines.explain.facts import Facts, facts_of_week
from pipelines.explain.page import day_rows, page
from pipelines.explain.rule_words import rule_sentences
from pipelines.explain.week_words import week_words
from pipelines.printing import Format, print_answer


def explain(database: Path, participant: str, week: int, protocol: str) -> Facts:
    """Everything behind one week of the published file, with the words for it (docs/explain.md has the keys).

    Raises FootfallError for a participant, week or protocol that is not there, QueryError where nothing is published.
    """
    facts = facts_of_week(database, participant, week, protocol)
    for day in facts["days"]:
        day["mark"] = mark(day, facts["rules"])
        day["words"] = day_sentences(day, facts)
    facts["words"] = {**week_words(facts), "rules": rule_sentences(facts)}
    return facts


def print_explanation(facts: Facts, form: Format) -> None:
    """Prints the words; json prints all there is, csv one row a day."""
    if form == "json":
        print(json.dumps(facts, ensure_ascii=False, indent=1))  # noqa: T201
    elif form == "csv":
        print_answer(day_rows(facts), "csv")
    else:
        print(page(facts))  # noqa: T201
