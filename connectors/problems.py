"""What each problem code means, in words for the person who sent the file; the ledger and `footfall status` show them."""

from connectors.recording import Problem

#: no semicolon and no bracket in a sentence: they part the sentences of one file, and a sentence from its code
SENTENCES = {
    # any format
    "truncated": "the file ends in the middle of a recording, what comes before is used",
    # FIT
    "bad_crc": "the checksum is wrong, so bytes were changed on the way: what could be read is used, some of it may be wrong",
    "unreadable_message": "a message cannot be decoded, what comes before it is used",
    "unreadable_part": "bytes that are no recording follow the last one and are left out",
    "read_by_row": "the file is written in an unusual way and was read message by message with fitparse, all of it is used",
    "no_timestamp": "rows without a time are left out",
    "clock_before_first_sync": "rows written before the device's clock was first set are left out",
    "repeated_timestamp": "rows for a second that has one already, the last value counts",
    "implausible_offset": "the device's clock states an offset from UTC that no time zone has, it is ignored",
    # GPX
    "read_carefully": "the file is written in an unusual way and was read point by point with gpxpy, all of it is used",
    "bad_position": "points with an impossible position are left out",
    "bad_time": "points whose time cannot be read are left out",
    "point_without_time": "points without a time are left out",
    "clock_before_2000": "points with a time before 2000 are left out, the device's clock was not set",
    "time_without_zone": "times without a zone are read as UTC, as GPX says",
    "time_not_ascending": "points that lie before the one above them in time were put in order",
    "duplicate_time": "points with a time that another one has are left out",
    "overlapping_segment": "points in a stretch of time that another segment covers are left out",
    "hdop_over_5": "points with a poor satellite fix are left out",
    "hdop_not_used": "nearly all points have a poor satellite fix, so they are used all the same",
    "undeclared_prefix": "a name uses a prefix that the file does not declare, it is read all the same",
    "waypoints_ignored": "marked places are no recording and are left out",
    "route_points_ignored": "a planned route is no recording and is left out",
    "cadence_without_foot_sport": "cadence of a sport that is not on foot is no steps and is left out",
    "cadence_one_leg": "cadence counts one leg and was doubled",
    "cadence_both_legs": "cadence counts both legs",
    "cadence_side_unknown": "whether cadence counts one leg or both cannot be told, so no steps are taken from it",
    # CSV
    "bad_row": "rows that cannot be read are left out",
    "unfinished_last_line": "the last line has no end, the file may be cut off",
    "repeated_rows": "rows that occur again with the same values count once",
    "conflicting_rows": "rows that occur again with other values, the last one counts",
    "not_measured": "rows that say the device was not worn or measured nothing have no steps",
    "overlapping_rows": "rows of one device that cover the same time are cut, and the finer one counts",
    "typed_in": "rows that were typed in by hand are left out, no device counted them",
    "largest_of_rows": "rows that occur again with other values, the largest one counts",
    "count_corrected": "a running count that fell by little was corrected, and nothing was walked meanwhile",
    "clock_jumps": "rows that should follow each other have pauses between them",
    "night_steps": "more than a fifth of somebody's steps fall between midnight and 05:00, so the time zone may be wrong"
    " or AM and PM may be lost",
}


def in_words(problem: Problem) -> str:
    """The sentence of a problem, and behind it in brackets its code, how often, and where first."""
    sentence = SENTENCES.get(problem.code, problem.code.replace("_", " "))
    return f"{sentence} ({problem.code}: {problem.count}{', ' + problem.where if problem.where else ''})"
