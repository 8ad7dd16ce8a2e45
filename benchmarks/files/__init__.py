"""Very many small files: how long a load takes, how much memory, and how the same files fare in a plain fitparse loop."""
