"""One file per channel: how a message is handed to a receiver."""
