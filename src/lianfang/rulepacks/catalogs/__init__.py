"""The typed entries of every catalogue."""
