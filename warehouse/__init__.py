"""DuckDB, and every definition that researchers may cite."""
