"""The figures of a sensitivity report: one file a figure, each with `figure(...) -> Figure`."""
