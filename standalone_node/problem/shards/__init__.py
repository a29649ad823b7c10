"""The inverse problem as a sum over shards of its rows, which stay where they were placed."""
