"""Whether two texts ask the same, by rules that a reader can check: see `lixcore_policies.texts.differences`."""
