"""Plain facts of time, place and identity: pure standard library, no input or output."""
