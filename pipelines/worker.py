"""What a worker process does first. It must not import Polars, which looks for its number of threads when it is imported."""

import os


def use_threads(number: int) -> None:
    """Gives Polars so many threads in this process, unless the user has said how many."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(number))
