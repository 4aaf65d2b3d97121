"""The words of the field as types. No I/O, and nothing else of ours is imported here."""
