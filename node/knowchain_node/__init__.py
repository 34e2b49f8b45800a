"""The peer: an asyncio process that keeps, serves and exchanges knowledge records."""
