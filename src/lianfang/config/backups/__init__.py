"""Backups: an encrypted archive of database and files, made under load and read back."""
