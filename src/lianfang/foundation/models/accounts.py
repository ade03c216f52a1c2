from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from lianfang.foundation.models.realms import Realm
from lianfang.foundation.models.units import Unit
from lianfang.foundation.realm import REAL


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A sign-in. Who the person is, is a row of `people`; what they may do is in `Grant`.

    `access_version` rises with every change of rights, so that a cached actor is dropped at the next request.
    """

    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)
    home_realm = models.ForeignKey(Realm, on_delete=models.PROTECT, default=REAL, related_name="+")
    access_version = models.PositiveIntegerField(default=1)
    must_change_password = models.BooleanField(default=False)
    password_set_at = models.DateTimeField(null=True, help_text="null: with the account")
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = AccountManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username


class PastPassword(models.Model):
    """An earlier password, as a keyed and salted hash, kept only where the policy forbids using it again."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="past_passwords")
    digest = models.CharField(max_length=200)
    set_at = models.DateTimeField()


class ApiToken(models.Model):
    """A bearer token of an account; only its keyed digest is stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=60)
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)


class Grant(models.Model):
    """An account holds a role at a unit (and everything below it) for a time. `source` says which record gave it:
    `post:12` follows a post in `people`; `named:7` is a timed, reasoned grant of named rows."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants")
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    source = models.CharField(max_length=60)
    reason = models.CharField(max_length=200, blank=True)
    given_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["unit", "role"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "role", "unit", "source"], name="grant_once_per_source"),
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gte=models.F("begins")),
                name="grant_ends_after_it_begins",
            ),
        ]
