"""Errors of the features carried to the outputs, and what varies over the data."""
