"""What the outside sees over HTTP: the API with its live events, the pages, login, metrics and health."""
