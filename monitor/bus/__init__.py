"""Redis Streams between the roles: outbox, publisher, reader, trimming and the private server."""
