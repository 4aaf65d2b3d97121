"""Tell: turn judgements into messages for the people on call."""
