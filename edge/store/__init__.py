"""What the gate keeps: the journal, the tables derived from it, the registry, pictures."""
