"""Head office's receiver: takes the gates' journals in, whole and in order. `python -m sync.headoffice`."""
