from tests.reporting.conftest import school

__all__ = ["school"]
