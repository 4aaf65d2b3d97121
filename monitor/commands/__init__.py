"""What stands behind the commands: one module of click options for each group, and what each of them does."""
