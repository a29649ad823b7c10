"""Inputs as nobody would write them, and what becomes of them: for scripts/fuzz.py and tests."""
