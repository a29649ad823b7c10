"""Small data sets that are installed with the package; README.md says where they come from."""
