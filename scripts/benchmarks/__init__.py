"""What scripts/bench.py is made of: the task, one file a contender, the timing, the tables."""
