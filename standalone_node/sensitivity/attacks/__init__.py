"""Changes of the features that alter the answer, as small as they can be found."""
