"""What the data leave open of the parameters, and how reliable predictions are."""
