"""What scripts/mutation.py is made of: changes, the tests that reach them, runs, tables."""
