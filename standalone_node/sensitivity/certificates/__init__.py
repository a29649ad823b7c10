"""Radii within which no change of the features alters the answer, by proof."""
