"""The router that the modules of this package add their operations to."""

from ninja import Router

router = Router(tags=["duties"])
