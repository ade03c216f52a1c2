"""The demo district: invented people who enter through the same import and actions as real ones."""
