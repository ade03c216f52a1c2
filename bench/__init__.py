"""Benchmarks for `lianfang bench`: each bench_*.py has NAME and run(), which returns figures (dev.benchmarks)."""
