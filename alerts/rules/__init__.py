"""One file per kind of rule: from what is true now to what is worth telling."""
