"""Many fits of one estimator that do not depend on one another."""
