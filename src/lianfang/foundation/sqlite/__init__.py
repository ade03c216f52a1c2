"""Django's SQLite backend with one writer at a time across processes (docs/adr/0004)."""
