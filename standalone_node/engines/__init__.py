"""Where sums over the data are worked out: in this process, or by the workers of a cluster.

An engine places the shards of the data, sends everybody what all need, has a function called where
the shards are, and gives back what it opened. It knows neither what a shard holds nor what is
asked of it; scheduling, transport and trying again are those of the library behind it.
"""
