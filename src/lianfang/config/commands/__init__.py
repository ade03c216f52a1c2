"""One module per command of `lianfang`; see `lianfang.config.cli`. Nothing is imported here."""
