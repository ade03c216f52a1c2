"""Units, accounts, grants, journal, receipts, settings, files, encrypted fields: what every room stands on."""
