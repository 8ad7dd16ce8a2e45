"""The rules behind a week in words: what is a walk, when is a day known, when is a week met, and from what it was made."""

from pipelines.explain.facts import Facts
from pipelines.explain.phrases import count, date_name, length, number


def rule_sentences(facts: Facts) -> list[str]:
    """One paragraph for each rule row and one for the publication, each with its name, hash and source."""
    protocol, bout, wear = (facts["rules"][name] for name in ("protocol", "bout_rule", "wear_rule"))
    return [
        f"Walk: {_walk(bout)}. Rule {bout['bout_rule_id']}, {bout['rule_hash'][:12]}. {bout['source']}.",
        f"Day: {_wear(wear)}; from {length(wear['valid_day_minutes'])} recorded and worn between {wear['day_from']} and"
        f" {wear['day_to']} a day can count as not reached. Rule {wear['wear_rule_id']}, {wear['rule_hash'][:12]}."
        f" {wear['source']}.",
        f"Week: {_week(protocol)}. Protocol {protocol['protocol_id']}, {facts['week']['rules_hash']}."
        f" {protocol['source']}.",
        _made_by(facts["publication"]),
    ]


def _walk(rule: Facts) -> str:
    minutes = f"minutes of {number(rule['threshold_spm'])} steps or more"
    if rule["threshold_spm"] != rule["min_cadence_spm"]:
        minutes += " (moderate at this age)"
    if rule["partly_active"] == "exclude":
        minutes += " in which the device was active throughout"
    least, gap = rule["min_minutes"], rule["max_gap_minutes"]
    words = {
        "strict": f"{minutes}, {count(least, 'minute')} or more in a row",
        "gap_merge": f"{minutes}, joined over pauses of up to {count(gap, 'minute')}, {count(least, 'such minute')} or more",
        "nci_8of10": f"{minutes}; of the first {least} at most {gap} may fail, and it ends before {gap + 1} fail in a row",
        "window_share": f"windows of {count(least, 'minute')} of which {number(100 * (rule['min_share'] or 0))} % are {minutes},"
        f" without a pause of more than {count(gap, 'minute')}",
    }[rule["algorithm"]]
    credit = "pauses inside count" if rule["credit"] == "span" else "only such minutes count"
    missing = "ends it" if rule["missing"] == "break" else "is a pause"
    return f"{words}; {credit}; a minute that was not recorded {missing}"


def _wear(rule: Facts) -> str:
    zeros = f"{rule['zero_run_minutes']} zeros or more in a row are not worn"
    return {
        "coverage": "what was recorded was worn",
        "zeros": zeros,
        "choi": f"{zeros}, single bursts of up to 2 minutes passed over",
        "heart_rate": "a minute is worn if it has a heart rate",
    }[rule["method"]]


def _week(rule: Facts) -> str:
    days, minutes, grace = rule["days_per_week"], number(rule["minutes_per_day"]), rule["grace_minutes"]
    default = f"{days} times {minutes} minutes" + ("" if rule["target"] == "fixed" else " where nothing is prescribed")
    words = {
        "days": f"so many days must reach their minutes of walking; {default}",
        "sessions": f"so many days must have one walk of so many minutes; {default}",
        "minutes": f"the minutes of the week must be reached; {default}",
    }[rule["success"]]
    words += f"; {count(grace, 'minute')} forgiven on each day" if grace and rule["success"] != "minutes" else ""
    words += "; runs do not count" if rule["running"] == "exclude" else ""
    if rule["vigorous_weight"] != 1:
        words += (
            f"; a minute of {number(rule['vigorous_cadence_spm'])} steps or more counts"
            f" {number(rule['vigorous_weight'])} times"
        )
    return words


def _made_by(publication: Facts) -> str:
    reach = f", which reach to {date_name(publication['as_of'])}" if publication["as_of"] else ""
    files = f"{count(publication['files'], 'file')}{reach}"
    return (
        f"Published by footfall {publication['footfall_version']} from {files}. Definitions {publication['views_hash'][:12]},"
        f" rules {publication['rules_hash'][:12]}, study {publication['study_hash'][:12]},"
        f" files {(publication['files_hash'] or 'none')[:12]}."
    )
