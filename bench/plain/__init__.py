"""The plain endpoint that reports are compared with: token look-up, validation, one insert, nothing else."""
