"""What the scripts that repeat the papers' experiments share."""
