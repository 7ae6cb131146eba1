"""The similarity index: cached answers by scope."""
