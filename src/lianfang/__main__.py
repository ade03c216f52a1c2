"""`python -m lianfang` is the same as `./lianfang` in a checkout."""

from lianfang.config.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
