from __future__ import annotations

from django.db import models


class CacheEntry(models.Model):
    """The table of Django's database cache: how often a sign-in was tried and which codes were used, seen by every
    process alike (a cache in one process's memory would let each worker count anew). Written by the cache only."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "foundation_cache"
