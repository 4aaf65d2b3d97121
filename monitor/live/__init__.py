"""What is true now: the state of every watch in memory, and how it is shown to programs and people."""
