"""What scripts/mutation.py is made of: the changes, the tests that reach them, the runs, the tables."""
