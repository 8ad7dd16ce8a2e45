"""`python -m sample_data FOLDER` writes the study and what is true about it; `--samples` renews the sample files."""

import argparse
import sys
from pathlib import Path

from sample_data.samples import SEED, write_samples
from sample_data.study import write_study


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line and writes files; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m sample_data", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="where to write (with --samples: default beside this module)"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="another seed makes another study (default %(default)s)")
    parser.add_argument("--truth", type=Path, help="where to write the expected tables (default FOLDER/truth)")
    parser.add_argument("--samples", action="store_true", help="write the small sample files instead of a study")
    options = parser.parse_args(arguments)
    if options.samples:
        written = write_samples(options.folder) if options.folder else write_samples()
        sys.stdout.write(f"{len(written)} sample files\n")
        return 0
    if options.folder is None:
        parser.error("FOLDER is missing")
    truth = write_study(options.folder, options.seed)
    truth.write_csv(options.truth or options.folder / "truth")
    counts = ", ".join(f"{count} {status}" for status, count in truth.file_counts.items())
    sys.stdout.write(f"{len(truth.weeks)} participant-weeks until {truth.as_of}; files: {counts}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
