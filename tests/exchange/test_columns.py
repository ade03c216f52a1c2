"""Columns said once and remembered; rows chosen by class, fault and kind; a name looked for outside of addresses."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.exchange.models import RosterImport, RosterMapping
from tests.exchange.nasty.making import csv_of
from tests.exchange.sheetmaking import child, students
from tests.people.cast import id_number

OWN = [["文一路小学"], ["娃儿名字", "哪个班", "妈妈的号", "爱好"], ["甲乙", "三(1)班", "13800138001", "足球"]]


def upload(client, cast, content, name="名册.xlsx"):
    answer = client.post("/import/", {"unit": cast.school.pk, "file": SimpleUploadedFile(name, content)})
    return answer, RosterImport.objects.latest("pk")


def test_headers_that_nobody_knows_are_said_once_and_remembered(cast, signed_in):
    admin = signed_in("admin")
    answer, row = upload(admin, cast, csv_of(OWN), "a.csv")
    assert row.state == "uploaded"
    url = f"/import/{row.pk}/columns/"
    assert admin.get(answer["Location"])["Location"] == url
    page = admin.get(url).content.decode()
    assert "这张表是" in page
    look = admin.post(url, {"look": "1", "s0-kind": "students", "s0-row": "2"}).content.decode()
    assert "娃儿名字" in look
    assert "13800138001" not in look, "examples are masked"
    said = {
        "save": "1",
        "s0-kind": "students",
        "s0-row": "2",
        "s0-c0": "name",
        "s0-c1": "",
        "s0-c2": "name",
        "s0-c3": "",
    }
    refused = admin.post(url, said)
    assert refused.status_code == 422
    assert "必需的栏目还没有选全" in refused.content.decode()
    assert not RosterMapping.objects.exists()
    good = {**said, "s0-c1": "class", "s0-c2": "guardian1_phone"}
    assert admin.post(url, good)["Location"] == f"/import/{row.pk}/"
    row.refresh_from_db()
    assert (row.state, row.counts) == ("preview", {"create": 1, "leave": 2, "rows": 1})
    kept = RosterMapping.objects.get(unit=cast.school)
    assert kept.columns == {"娃儿名字": "name", "哪个班": "class", "妈妈的号": "guardian1_phone", "爱好": ""}
    _answer, later = upload(admin, cast, csv_of([*OWN, ["丙丁", "三(2)班", "", ""]]), "b.csv")
    assert (later.state, later.counts["create"]) == ("preview", 2), "the next sheet needs no word"
    assert upload(signed_in("stranger"), cast, csv_of(OWN), "c.csv")[1] == later, "another school has its own words"


def test_columns_by_api_and_columns_that_nobody_reads(cast, signed_in):
    admin = signed_in("principal")
    content = students([*child("N1", "甲乙"), "13900139001"], header=["学号", "姓名", "性别", "身份证号", "出生日期", "年级",
                       "班级", "家长姓名", "关系", "联系电话", "手机号"])  # fmt: skip
    _answer, row = upload(admin, cast, content)
    assert "手机号" in admin.get(f"/import/{row.pk}/").content.decode().split("这些列没有用到")[1][:200]
    url = f"/api/exchange/imports/{row.pk}/columns"
    sheet = admin.get(url).json()[0]
    assert (sheet["kind"], sheet["row"]) == ("students", 1)
    fields = {column["header"]: column["field"] for column in sheet["columns"]}
    assert (fields["联系电话"], fields["手机号"]) == ("guardian1_phone", "")
    columns = [{"index": c["index"], "field": c["field"]} for c in sheet["columns"]]
    columns[-1]["field"] = "phone"
    body = {"sheets": [{"name": "学生", "kind": "students", "row": 1, "columns": columns}]}
    json = {"content_type": "application/json"}
    assert admin.put(url, body, **json).json()["state"] == "preview"
    assert {c["header"]: c["field"] for c in admin.get(url).json()[0]["columns"]}["手机号"] == "phone"
    wrong = {"sheets": [{"name": "学生", "kind": "spaceships", "row": 1, "columns": columns}]}
    assert admin.put(url, wrong, **json).status_code == 422
    assert admin.put(url, {"sheets": [{"name": "没有", "kind": "students"}]}, **json).status_code == 422
    none = admin.put(url, {"sheets": [{"name": "学生", "kind": "none"}]}, **json)
    assert none.json()["errors"][0]["code"] == "file.no_header"


def test_rows_are_chosen_and_looked_for(cast, signed_in):
    admin = signed_in("admin")
    rows = [child(f"A{n:02d}", f"赵{chr(0x4E00 + n)}", "三(1)班") for n in range(60)]
    _answer, row = upload(
        admin,
        cast,
        students(*rows, child("B1", "钱一", "三(2)班"), child("B2", "", "三(2)班"), child("B3", "孙9", "三(2)班")),
    )
    url = f"/import/{row.pk}/"
    second = admin.get(f"{url}?where=三年级（2）班").content.decode()
    assert "钱一" in second
    assert "赵一" not in second
    assert "孙9" in admin.get(f"{url}?fault=name.characters").content.decode()
    assert "孙9" not in admin.get(f"{url}?fault=name.required").content.decode()
    found = admin.post(f"{url}search/", {"q": "钱一"}).content.decode()
    assert "钱一" in found
    assert "赵一" not in found
    page = admin.post(f"{url}search/", {"q": "赵", "page": "2"}).content.decode()
    assert "2 / 2" in page
    assert "钱一" not in page
    assert admin.get(f"{url}search/").status_code == 405
    api = f"/api/exchange/imports/{row.pk}"
    json = {"content_type": "application/json"}
    assert admin.post(f"{api}/search", {"text": "A0", "limit": 5}, **json).json()["count"] == 10
    chosen = admin.get(f"{api}/changes", {"where": "三年级（2）班", "subject": "student", "kind": "create"}).json()
    assert [item["name"] for item in chosen["items"]] == ["钱一"]
    admin.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = admin.get(url).content.decode()
    assert "The name is missing." in english


def test_a_doubtful_number_waits_and_then_goes_in(cast, signed_in):
    admin = signed_in("admin")
    number = next(n for day in range(1, 29) for s in range(100, 1000, 100)
                  if (n := id_number(f"201703{day:02d}", s)).endswith("000"))  # fmt: skip
    _answer, row = upload(admin, cast, students(child("N1", "甲乙", document=number)))
    page = admin.get(f"/import/{row.pk}/?kind=doubt").content.decode()
    assert "末三位是 000" in page
    assert number not in page
    admin.post(f"/import/{row.pk}/decide/", {"kind": "doubt", "decision": "accept"})
    assert admin.post(f"/import/{row.pk}/commit/", {"leave": "0"}).status_code == 302
    _answer, again = upload(admin, cast, students(child("N1", "甲乙", document=number)))
    assert again.counts["same"] == 1, "nobody is asked twice"
