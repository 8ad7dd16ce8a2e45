"""A simulated walking trial with known truths, from device files to the table a paper would print."""
