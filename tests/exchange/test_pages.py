"""The import's pages and API: upload, preview, decide, commit, progress, result."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.exchange import jobs, progress
from lianfang.exchange.models import RosterImport
from lianfang.exchange.sheets import read_sheets
from lianfang.exchange.views import importing
from lianfang.foundation.actor import system_actor
from lianfang.people.models import Person
from tests.exchange.sheetmaking import child, students
from tests.people.cast import NOW, id_number

LIN = child("20260101", "林小雨", "三年级（1）班", id_number(sequence=121))
MOVE = child("20260102", "王一诺", "三年级2班")


def upload(client, cast, content, name="名册.xlsx"):
    return client.post("/import/", {"unit": cast.school.pk, "file": SimpleUploadedFile(name, content)})


def test_from_upload_to_result(cast, signed_in):
    admin = signed_in("admin")
    assert admin.get("/import/").status_code == 200
    answer = upload(admin, cast, students(LIN, MOVE, child("N1", "新同学"), child("N2", "")))
    row = RosterImport.objects.get()
    assert answer["Location"] == f"/import/{row.pk}/"
    page = admin.get(f"/import/{row.pk}/").content.decode()
    for words in ("导入 1 行，留下 1 行", "没有填写姓名", "三年级（2）班", "新同学"):
        assert words in page
    assert id_number(sequence=121) not in page
    decided = admin.post(f"/import/{row.pk}/decide/?kind=move", {"kind": "move", "decision": "accept"})
    assert decided["Location"] == f"/import/{row.pk}/?kind=move"
    assert "已接受" in admin.get(f"/import/{row.pk}/?kind=move").content.decode()
    assert admin.post(f"/import/{row.pk}/commit/", {"leave": "0"}).status_code == 409
    assert admin.post(f"/import/{row.pk}/commit/", {}).status_code == 422
    assert admin.post(f"/import/{row.pk}/commit/", {"leave": "1"}).status_code == 302
    result = admin.get(f"/import/{row.pk}/").content.decode()
    assert "名册已更新" in result
    sheet = admin.get(f"/import/{row.pk}/errors/")
    assert sheet["Cache-Control"] == "no-store"
    assert read_sheets("a.xlsx", sheet.content)[0].rows[1][0] == "N2"


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.xlsx", b"", "空"),
        ("a.xlsx", b"%PDF-1.7 hello", "PDF"),
        ("a.csv", students(LIN), "XLSX"),
        ("a.xlsx", students(LIN)[:-300], "损坏"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "密码"),
    ],
)
def test_a_file_that_cannot_be_taken_is_answered_at_its_field(cast, signed_in, name, content, words):
    answer = upload(signed_in("admin"), cast, content, name)
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["file"])


def test_a_large_import_goes_to_the_worker_and_its_page_tells(cast, signed_in, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 1)
    admin = signed_in("admin")
    upload(admin, cast, students(LIN, MOVE, child("N1", "新同学")))
    row = RosterImport.objects.get()
    asked = admin.post(f"/import/{row.pk}/commit/", {"leave": "0"})
    assert asked["Location"] == f"/import/{row.pk}/progress/"
    progress.tell(row.pk, 2, 3)
    assert "2 / 3" in admin.get(f"/import/{row.pk}/progress/").content.decode()
    part = admin.get(f"/import/{row.pk}/progress/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert admin.get(f"/api/exchange/imports/{row.pk}/progress").json() == {"state": "queued", "done": 2, "total": 3}
    jobs.run_imports(system_actor("worker", NOW), NOW)
    done = admin.get(f"/import/{row.pk}/progress/", headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == f"/import/{row.pk}/"
    assert progress.told(row.pk) == {}


def test_preview_again_and_cancel(cast, signed_in):
    admin = signed_in("admin")
    upload(admin, cast, students(LIN))
    row = RosterImport.objects.get()
    assert admin.post(f"/import/{row.pk}/again/").status_code == 302
    assert admin.post(f"/import/{row.pk}/cancel/").status_code == 302
    assert "已取消" in admin.get(f"/import/{row.pk}/").content.decode()


def test_roles_and_foreign_schools(cast, signed_in):
    upload(signed_in("admin"), cast, students(LIN))
    row = RosterImport.objects.get()
    pages = ["/import/{0}/", "/import/{0}/errors/", "/import/{0}/progress/", "/api/exchange/imports/{0}",
             "/api/exchange/imports/{0}/changes", "/api/exchange/imports/{0}/errors.xlsx"]  # fmt: skip
    posts = ["/import/{0}/commit/", "/import/{0}/cancel/", "/import/{0}/again/", "/import/{0}/decide/"]
    for who, status in (("stranger", 404), ("teacher", 403), ("mother", 403), ("officer", 403)):
        client = signed_in(who)
        assert {client.get(url.format(row.pk)).status_code for url in pages} == {status}, who
        assert {client.post(url.format(row.pk), {"leave": 0}).status_code for url in posts} == {status}, who
        assert client.get(f"/import/roster/{cast.school.pk}/").status_code == status
        assert client.get(f"/api/exchange/rosters/{cast.school.pk}.xlsx").status_code == status
    assert {signed_in("principal").get(url.format(row.pk)).status_code for url in pages} == {200, 302}
    assert signed_in("admin").get("/import/999999/").status_code == 404
    assert (
        signed_in("stranger")
        .post("/api/exchange/imports", {"unit_id": cast.school.pk, "file": SimpleUploadedFile("a.xlsx", students(LIN))})
        .status_code
        == 404
    )


def test_the_whole_way_by_api(cast, signed_in):
    admin = signed_in("principal")
    content = SimpleUploadedFile("a.xlsx", students(LIN, MOVE, child("N1", "新同学"), child("N2", "")))
    made = admin.post("/api/exchange/imports", {"unit_id": cast.school.pk, "file": content, "effective": "2026-09-10"})
    assert made.status_code == 201, made.content
    url = f"/api/exchange/imports/{made.json()['id']}"
    found = admin.get(f"{url}/changes", {"kind": "error"}).json()["items"]
    assert [(item["row"], item["errors"][0]["code"]) for item in found] == [(5, "name.required")]
    json = {"content_type": "application/json"}
    assert admin.post(f"{url}/decide", {"decision": "accept", "kind": "move"}, **json).json() == {"decided": 1}
    assert admin.post(f"{url}/commit", {}, **json).status_code == 422
    done = admin.post(f"{url}/commit", {"leave": 1}, **json).json()
    assert (done["state"], done["outcome"]["created"], done["outcome"]["moved"]) == ("committed", 1, 1)
    assert admin.post(f"{url}/cancel", **json).status_code == 409
    bad = admin.post("/api/exchange/imports", {"unit_id": cast.school.pk, "file": SimpleUploadedFile("a.csv", b"\x81")})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "file")
    assert admin.get("/api/exchange/imports").json()["count"] == 1
    assert Person.objects.get(name="新同学").memberships.get().begins.isoformat() == "2026-09-10"


def test_the_number_of_queries_does_not_grow_with_the_rows(cast, signed_in):
    admin = signed_in("admin")

    def queries(url):
        with CaptureQueriesContext(connection) as seen:
            assert admin.get(url).status_code == 200
        return len(seen)

    upload(admin, cast, students(LIN))
    small = RosterImport.objects.latest("pk")
    admin.get(f"/import/{small.pk}/")
    urls = ["/import/{0}/", "/api/exchange/imports/{0}/changes"]
    lists = ["/import/", "/api/exchange/imports"]
    before = [queries(url.format(small.pk)) for url in urls], [queries(url) for url in lists]
    upload(admin, cast, students(LIN, *(child(f"N{n}", f"孩子{chr(0x4E00 + n)}") for n in range(40))))
    large = RosterImport.objects.latest("pk")
    assert ([queries(url.format(large.pk)) for url in urls], [queries(url) for url in lists]) == before


def test_the_template_is_understood(cast, signed_in):
    sheets = read_sheets("a.xlsx", signed_in("admin").get("/import/template/").content)
    assert [sheet.name for sheet in sheets] == ["学生", "教职工", "任职", "场所", "课表", "单位"]
