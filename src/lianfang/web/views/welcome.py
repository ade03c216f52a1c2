"""The first visit to an empty installation: create the institution and its administrator."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.foundation.access import public
from lianfang.foundation.errors import ActionError, Invalid
from lianfang.foundation.models import Account
from lianfang.foundation.policy import policy_for
from lianfang.web.actions import create_first_institution
from lianfang.web.forms import FirstVisitForm


def is_first_visit() -> bool:
    """Whether nobody can sign in yet."""
    return not Account.objects.exists()


def start_key() -> str:
    """The word that `up --empty` prints, so that not just anybody takes over a new installation."""
    path = Path(settings.SECRET_DIR) / "start.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()


@public
def welcome(request: Any) -> HttpResponse:
    """One page, shown only while there is no account."""
    if settings.DEMO or not is_first_visit():
        raise Http404
    form = FirstVisitForm(
        request.POST or None, language=(get_language() or "zh")[:2], policy=policy_for(None, request.now)
    )
    if request.method == "POST" and form.is_valid():
        if not secrets.compare_digest(form.cleaned_data["key"].strip().encode(), start_key().encode()):
            form.add_error("key", _("启动口令不对，请看服务器窗口里显示的口令。"))
        else:
            try:
                with transaction.atomic():
                    create_first_institution(request.now, **{k: v for k, v in form.cleaned_data.items() if k != "key"})
            except Invalid as error:
                for problem in error.errors:
                    form.add_error(problem.field if problem.field in form.fields else None, problem.message)
            except ActionError as error:
                form.add_error(None, str(error))
            else:
                (Path(settings.SECRET_DIR) / "start.key").unlink(missing_ok=True)
                return redirect("/login?next=/import/")
    return render(request, "web/welcome.html", {"form": form}, status=422 if form.errors else 200)
