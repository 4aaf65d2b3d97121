"""What the outside sees over HTTP: metrics, health, a small API and one calm page."""
