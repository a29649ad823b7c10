"""Derivatives of outputs and states: by features, by states on the way, by parameters."""
