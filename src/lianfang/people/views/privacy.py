"""Data protection pages: the table of purposes for everybody, and "my data" for persons and guardians."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.foundation.access import access, public
from lianfang.foundation.errors import Conflict
from lianfang.foundation.files import read_file
from lianfang.kernel.clock import local_date
from lianfang.people import perms
from lianfang.people.actions import consents as saying
from lianfang.people.actions import privacy as asking
from lianfang.people.forms import carried_out
from lianfang.people.forms.privacy import RequestForm
from lianfang.people.models import Person
from lianfang.people.privacywords import BASIS, DECISION, REQUEST_KIND, START, WORD
from lianfang.people.queries import consents, privacy
from lianfang.people.words import role_words, text_of


def shown_table(table: Any) -> list[dict[str, Any]]:
    """Purposes and terms in words."""
    return [
        {
            "label": text_of(purpose.label),
            "text": text_of(purpose.text),
            "basis": BASIS[purpose.basis],
            "consent": purpose.basis == "consent",
            "seen_by": [role_words(role) for role in purpose.seen_by],
            "source": purpose.source,
            "needs_review": purpose.needs_review,
            "terms": [shown_term(row) for row in rows],
        }
        for purpose, rows in table
    ]


def shown_term(row: privacy.TermRow) -> dict[str, Any]:
    """One term in words."""
    if row.days is None:
        term = _("长期保存（不含个人信息）")
    else:
        term = _("%(start)s %(days)d 天") % {"start": START[row.kept.start], "days": row.days}
    return {
        "item": row.item,
        "label": text_of(row.kept.label),
        "purpose": text_of(row.purpose.label),
        "basis": BASIS[row.purpose.basis],
        "term": term,
        "days": row.days,
        "most": row.kept.days,
        "least": row.kept.at_least,
        "shortened": row.shortened,
        "needs_review": row.kept.needs_review or row.purpose.needs_review,
        "rows": row.rows,
        "until": row.until,
    }


@public
def purposes(request: Any) -> HttpResponse:
    """What is kept, why, on which basis, who sees it, how long."""
    table = privacy.purpose_table(None, local_date(request.now, settings.TIME_ZONE))
    context = {"table": shown_table(table), "version": consents.notice_version()}
    return render(request, "people/privacy/purposes.html", context)


@access(perms.PRIVACY_OWN)
def mine(request: Any) -> HttpResponse:
    """Oneself and one's children."""
    actor = request.actor
    ids = [*actor.family, *([actor.person_id] if actor.person_id else [])]
    persons = list(Person.objects.filter(pk__in=ids, erased_at=None).order_by("name_key", "pk"))
    persons.sort(key=lambda person: person.pk == actor.person_id)
    context = {
        "persons": [(person, person.pk == actor.person_id) for person in persons],
        "copies": privacy.own_copies(actor),
        "seen": consents.has_seen_notice(actor.person_id or 0),
        "version": consents.notice_version(),
    }
    return render(request, "people/privacy/mine.html", context)


def _draw(request: Any, person_id: int, form: RequestForm | None = None) -> HttpResponse:
    sheet = privacy.privacy_sheet(request.actor, person_id, request.now)
    context = {
        "sheet": sheet,
        "person": sheet.person,
        "kept": [shown_term(row) for row in sheet.kept],
        "looks": [
            {
                "at": look.at,
                "who": look.who,
                "roles": "、".join(role_words(role) for role in look.roles),
                "unit": look.unit,
                "why": text_of(look.purpose.label) if look.purpose else "",
            }
            for look in sheet.looks
        ],
        "consents": [
            {
                "id": row.purpose.id,
                "label": text_of(row.purpose.label),
                "text": text_of(row.purpose.text),
                "allowed": row.allowed,
                "mine": row.mine,
                "mine_words": WORD.get(row.mine, ""),
                "others": [(said.speaker.name, WORD[said.word], said.said_at) for said in row.others],
            }
            for row in sheet.consents
        ],
        "requests": [
            {"row": row, "kind": REQUEST_KIND[row.kind], "decision": DECISION.get(row.decision, "")}
            for row in sheet.requests
        ],
        "form": form or RequestForm(),
    }
    return render(request, "people/privacy/person.html", context, status=422 if form and form.errors else 200)


@access(perms.PRIVACY_OWN)
def person(request: Any, person_id: int) -> HttpResponse:
    """My data, or my child's: who looked, what is kept and until when, consents, requests."""
    return _draw(request, person_id)


@access(perms.PRIVACY_OWN)
@require_POST
def seen(request: Any) -> HttpResponse:
    """The notice was read."""
    saying.see_notice(request.actor, request.now)
    messages.success(request, _("已记下您看过这份告知。"))
    return redirect("people:my_data")


@access(perms.PRIVACY_OWN)
@require_POST
def say(request: Any, person_id: int) -> HttpResponse:
    """Consent, refusal, withdrawal."""
    purpose, word = request.POST.get("purpose", "")[:40], request.POST.get("word", "")[:10]
    saying.say_consent(request.actor, request.now, person_id=person_id, purpose=purpose, word=word)
    messages.success(request, _("已记下，从现在起生效。不同意或撤回不影响晨检和上学。"))
    return redirect("people:privacy", person_id)


@access(perms.PRIVACY_OWN)
@require_POST
def ask(request: Any, person_id: int) -> HttpResponse:
    """A request to the school."""
    saying.own_or_child(request.actor, person_id)
    form = RequestForm(request.POST)
    if form.is_valid() and carried_out(
        form,
        lambda: asking.ask_about_data(request.actor, request.now, person_id=person_id, **form.cleaned_data),
    ):
        messages.success(request, _("已送到学校，答复后会通知您。"))
        return redirect("people:privacy", person_id)
    return _draw(request, person_id, form)


@access(perms.PRIVACY_OWN)
@require_POST
def copy(request: Any) -> HttpResponse:
    """Make a copy of one's own and one's children's data."""
    try:
        asking.copy_own_data(request.actor, request.now)
        messages.success(request, _("压缩包已生成，请在下面下载。到期会自动删除。"))
    except Conflict as refused:
        messages.error(request, refused.message)
    return redirect("people:my_data")


@access(perms.PRIVACY_OWN)
def download(request: Any, copy_id: int) -> HttpResponse:
    """The archive."""
    content = read_file(privacy.copy_file(request.actor, copy_id))
    answer = HttpResponse(content, content_type="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
