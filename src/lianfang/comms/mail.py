"""The e-mail of a notice: it says only that there is one, and where. No subject matter, no names, no health."""

from __future__ import annotations

import re
import smtplib
from types import TracebackType

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils import translation
from django.utils.translation import gettext as _

from lianfang.comms.models import Delivery
from lianfang.comms.rules import smtp_problem

TIMEOUT_SECONDS = 20
_DOMAIN = re.compile(r"@([A-Za-z0-9.-]+)")


class ServerLost(Exception):
    """The mail server cannot be reached or hung up; the other messages need not be tried now."""


class NotSent(Exception):
    """This message was not taken; `problem` is one of `rules.PROBLEMS`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def message(delivery: Delivery) -> EmailMessage:
    """The e-mail of a delivery, in the reader's language. Its id is always the same, so that a repeated one is seen
    as the same by the reader's program."""
    account, notice = delivery.account, delivery.notice
    origin = settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/") if settings.CSRF_TRUSTED_ORIGINS else ""
    domain = _DOMAIN.search(settings.DEFAULT_FROM_EMAIL)
    with translation.override(account.language or settings.LANGUAGE_CODE):
        return EmailMessage(
            subject=_("您有一条新通知"),
            body=_("您有一条新通知，请登录后查看：\n\n%(address)s\n\n为保护个人信息，邮件中不写通知的内容。\n")
            % {"address": f"{origin}/notices/{notice.pk}/"},
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[account.email],
            headers={
                "Message-ID": f"<{notice.uid}.{account.pk}@{domain[1] if domain else 'localhost'}>",
                "Auto-Submitted": "auto-generated",
            },
        )


class MailServer:
    """One session with the operator's mail server; opened with the first message."""

    def __init__(self) -> None:
        self._backend = EmailBackend(timeout=TIMEOUT_SECONDS, fail_silently=False)

    def __enter__(self) -> MailServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._backend.connection = None

    def send(self, delivery: Delivery) -> None:
        """Hand one message over. Raises ServerLost, or NotSent for this message alone."""
        try:
            self._backend.open()
        except smtplib.SMTPResponseException as error:
            raise ServerLost(smtp_problem(error.smtp_code)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ServerLost("unreachable") from error
        try:
            self._backend.send_messages([message(delivery)])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _reply in error.recipients.values()]
            raise NotSent(smtp_problem(min(codes, default=None))) from error
        except smtplib.SMTPServerDisconnected as error:
            raise ServerLost("unreachable") from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(smtp_problem(error.smtp_code)) from error
        except smtplib.SMTPException as error:
            raise NotSent("temporary") from error
        except OSError as error:
            raise ServerLost("unreachable") from error
        except ValueError as error:  # a line break in the address
            raise NotSent("refused") from error
