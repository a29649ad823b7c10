"""Compiled sweeps over blocks of samples: plain arrays in, plain arrays out, no classes."""
