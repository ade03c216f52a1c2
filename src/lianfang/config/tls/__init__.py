"""HTTPS of this installation: which certificate is served, for which names, and the page on which phones get its root."""
