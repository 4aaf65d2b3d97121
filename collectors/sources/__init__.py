"""Things that tell us by themselves, turned into the same observations as the answers to probes."""
