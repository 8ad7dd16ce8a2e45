"""One way of reading in a process of its own: says what it read, then times one reading for each line it is sent."""

import json
import sys
import time
from pathlib import Path

from benchmarks.exports import scripts

_READERS = {"footfall": scripts.footfall_frame, "polars": scripts.polars_frame, "pandas": scripts.pandas_frame}


def main() -> None:
    """Serves until its input ends: format and path on each line."""
    read = _READERS[sys.argv[1]]
    for line in sys.stdin:
        name, path = json.loads(line)
        began = time.perf_counter()
        frame = read(name, Path(path))
        seconds = time.perf_counter() - began
        starts = frame["epoch_start" if sys.argv[1] == "footfall" else "start"]
        told = [len(frame), int(frame["steps"].sum()), str(starts.min())[:19], str(starts.max())[:19]]
        print(json.dumps({"seconds": seconds, "told": told}), flush=True)


if __name__ == "__main__":
    main()
