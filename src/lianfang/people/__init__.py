"""Persons, households, memberships and posts in time, places, school calendar (D1-D7)."""
