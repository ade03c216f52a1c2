"""The demo's roster workbooks, in the shape in which schools export them; they go in through the import."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import xlsxwriter

from lianfang.config.demo.names import Invented, Inventor

NUMERALS = "一二三四五六七八九"
SEX = {"female": "女", "male": "男"}
RELATION = {"female": "母亲", "male": "父亲"}
STUDENT_HEADER = (
    *("学号", "姓名", "性别", "证件类型", "身份证号", "出生日期", "年级", "班级", "宿舍"),
    *("监护人1姓名", "监护人1关系", "监护人1电话", "监护人2姓名", "监护人2关系", "监护人2电话"),
)
STAFF_HEADER = ("工号", "姓名", "性别", "身份证号", "岗位", "班主任班级", "电话")


@dataclass
class Pupil:
    """A pupil with class, dormitory and guardians."""

    number: str
    person: Invented
    grade: str
    klass: str
    dormitory: str
    guardians: list[Invented]


@dataclass
class School:
    """What goes into one workbook. `posts` are (person, post title, homeroom class or "")."""

    name: str
    pupils: list[Pupil] = field(default_factory=list)
    posts: list[tuple[Invented, str, str]] = field(default_factory=list)


def parents(inventor: Inventor, child: Invented, on: date) -> list[Invented]:
    """One or two guardians; a tenth of the children live with one, a few with grandparents."""
    chance = inventor.random.random()
    ages = (29, 45) if chance > 0.06 else (58, 72)
    father = inventor.adult("male", ages, on, child.name[0])
    mother = inventor.adult("female", ages, on)
    if chance > 0.9:
        return [mother]
    return [mother, father] if chance > 0.35 else [father, mother]


def day_school(inventor: Inventor, name: str, on: date, grades: int, classes: int, size: int, youngest: int) -> School:
    """A school of `grades` × `classes` × `size`; pupils of the first grade are `youngest` years old."""
    school = School(name)
    year = on.year if on.month >= 8 else on.year - 1
    for grade in range(1, grades + 1):
        turn = date(year - youngest - grade + 1, 9, 1)
        grade_name = f"{NUMERALS[grade - 1]}年级" if youngest < 10 else f"{NUMERALS[grade + 5]}年级"
        first = grade_name[0]
        for number in range(1, classes + 1):
            klass = f"{first}（{number}）班"
            head = inventor.adult(inventor.random.choice(("female", "female", "male")), (26, 52), on)
            school.posts.append((head, "班主任", klass))
            for seat in range(1, size + 1):
                child = inventor.child(date(turn.year - 1, 9, 1), turn)
                student = f"{year - grade + 1}{number:02d}{seat:02d}"
                school.pupils.append(
                    Pupil(student, child, grade_name, klass, "", parents(inventor, child, on))
                )
        school.posts.append((inventor.adult("female", (35, 55), on), f"{grade_name}年级组长", ""))
    for title in ("校长", "疫情报告人", "校医", "值班领导", "系统管理员", "门卫"):
        school.posts.append((inventor.adult(inventor.random.choice(("female", "male")), (30, 58), on), title, ""))
    return school


def with_dormitories(inventor: Inventor, school: School, on: date, share: float) -> None:
    """Let a share of the pupils board, eight to a room, girls and boys apart, with a keeper for each building."""
    boarders = [p for p in school.pupils if inventor.random.random() < share]
    for sex, building in (("female", "1号楼"), ("male", "2号楼")):
        living = [p for p in boarders if p.person.sex == sex]
        for place, pupil in enumerate(living):
            room = place // 8
            pupil.dormitory = f"{building}{room // 12 + 1}{room % 12 + 1:02d}"
        school.posts.append((inventor.adult(sex, (40, 58), on), f"{building}宿管", ""))


def training(inventor: Inventor, name: str, on: date, pupils: Sequence[Pupil], size: int) -> School:
    """A training institution whose groups are filled with pupils of the schools: the same persons."""
    school = School(name)
    chosen = inventor.random.sample(list(pupils), size * 4)
    for number, subject in enumerate(("美术", "围棋", "英语", "编程")):
        klass = f"{subject}班"
        school.posts.append((inventor.adult("female", (24, 40), on), "授课教师", klass))
        for seat, pupil in enumerate(chosen[number * size : (number + 1) * size], start=1):
            row = Pupil(f"P{number + 1}{seat:03d}", pupil.person, "", klass, "", pupil.guardians[:1])
            school.pupils.append(row)
    for title in ("校长", "疫情报告人", "系统管理员"):
        school.posts.append((inventor.adult("female", (30, 50), on), title, ""))
    return school


def workbook(school: School) -> bytes:
    """The XLSX that the import reads: sheets 学生 and 教职工."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("学生")
        sheet.write_row(0, 0, STUDENT_HEADER)
        for line, pupil in enumerate(school.pupils, start=1):
            person = pupil.person
            row = [pupil.number, person.name, SEX[person.sex], "居民身份证", person.id_number, f"{person.birth_date:%Y-%m-%d}"]
            row += [pupil.grade, pupil.klass, pupil.dormitory]
            for guardian in pupil.guardians:
                row += [guardian.name, RELATION[guardian.sex], guardian.phone]
            for column, value in enumerate(row):
                sheet.write_string(line, column, value)
        sheet = book.add_worksheet("教职工")
        sheet.write_row(0, 0, STAFF_HEADER)
        for line, (person, title, klass) in enumerate(school.posts, start=1):
            values = [f"T{line:03d}", person.name, SEX[person.sex], person.id_number, title, klass, person.phone]
            for column, value in enumerate(values):
                sheet.write_string(line, column, value)
    return buffer.getvalue()
