"""Look: ask devices, listen to devices, and publish what changed."""
