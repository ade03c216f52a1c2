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
STREETS = ("文昌路", "湖滨路", "青石巷", "桂花街", "云栖路", "学院路", "望江路", "竹园弄")
SIBLINGS = 0.12
ROOMS_A_FLOOR = 12
STUDENT_HEADER = (
    *("学号", "姓名", "性别", "证件类型", "身份证号", "出生日期", "年级", "班级", "宿舍"),
    *("监护人1姓名", "监护人1关系", "监护人1电话", "监护人2姓名", "监护人2关系", "监护人2电话", "家庭住址"),
)
STAFF_HEADER = ("工号", "姓名", "性别", "身份证号", "岗位", "班主任班级", "任教班级", "负责年级", "电话")


@dataclass(frozen=True)
class Family:
    """Who shares a home: brothers and sisters have the same guardians and address."""

    surname: str
    guardians: tuple[Invented, ...]
    address: str


@dataclass
class Pupil:
    """A pupil with class, dormitory and family."""

    number: str
    person: Invented
    grade: str
    klass: str
    dormitory: str
    family: Family


@dataclass(frozen=True)
class StaffPost:
    """A line of the staff sheet: a person, the post's title, and the class or grade where it is held."""

    person: Invented
    title: str
    homeroom: str = ""
    classes: str = ""
    division: str = ""


@dataclass
class School:
    """What goes into one workbook. `prefix` begins every number that the school gives."""

    name: str
    prefix: str
    pupils: list[Pupil] = field(default_factory=list)
    posts: list[StaffPost] = field(default_factory=list)


class Families:
    """New families, and those that have another child in a lower class already."""

    def __init__(self, inventor: Inventor, on: date) -> None:
        self.inventor = inventor
        self.on = on
        self._younger: list[Family] = []
        self._this_grade: list[Family] = []
        self._first = False

    def next_class(self) -> None:
        """Every class but the lowest grade's has a child with a younger brother or sister at the school."""
        self._first = True

    def next_grade(self) -> None:
        self._younger += self._this_grade
        self._this_grade = []

    def take(self) -> Family:
        """A tenth of the children live with one parent, a few with grandparents, some have a brother or sister."""
        random = self.inventor.random
        sibling = self._first or random.random() < SIBLINGS
        self._first = False
        if self._younger and sibling:
            return self._younger.pop(random.randrange(len(self._younger)))
        chance = random.random()
        ages = (29, 45) if chance > 0.06 else (58, 72)
        father = self.inventor.adult("male", ages, self.on)
        mother = self.inventor.adult("female", ages, self.on)
        if chance > 0.9:
            guardians: tuple[Invented, ...] = (mother,)
        else:
            guardians = (mother, father) if chance > 0.35 else (father, mother)
        street = random.choice(STREETS)
        home = f"{random.randrange(1, 220)}号{random.randrange(1, 19)}幢{random.randrange(1, 12)}0{random.randrange(1, 5)}室"
        family = Family(father.name[0], guardians, f"云溪区{street}{home}")
        self._this_grade.append(family)
        return family


def day_school(
    inventor: Inventor,
    families: Families,
    name: str,
    prefix: str,
    on: date,
    grades: Sequence[int],
    classes: int,
    size: int,
) -> School:
    """A school of these grades (1-9) with `classes` × `size` each; pupils of grade one are six years old."""
    school = School(name, prefix)
    year = on.year if on.month >= 8 else on.year - 1
    for place, grade in enumerate(grades):
        turn = date(year - 5 - grade, 9, 1)
        numeral = NUMERALS[grade - 1]
        for number in range(1, classes + 1):
            klass = f"{numeral}（{number}）班"
            families.next_class()
            head = inventor.adult(inventor.random.choice(("female", "female", "male")), (26, 52), on)
            school.posts.append(StaffPost(head, "班主任", homeroom=klass))
            for seat in range(1, size + 1):
                family = families.take()
                child = inventor.child(date(turn.year - 1, 9, 1), turn, family.surname)
                student = f"{prefix}{year - place}{number:02d}{seat:02d}"
                school.pupils.append(Pupil(student, child, f"{numeral}年级", klass, "", family))
        grade_head = inventor.adult("female", (35, 55), on)
        school.posts.append(StaffPost(grade_head, "年级组长", division=f"{numeral}年级"))
        families.next_grade()
    for title in ("校长", "疫情报告人", "校医", "值班领导", "系统管理员", "门卫"):
        person = inventor.adult(inventor.random.choice(("female", "male")), (30, 58), on)
        school.posts.append(StaffPost(person, title))
    return school


def with_dormitories(inventor: Inventor, school: School, on: date, share: float) -> None:
    """Let a share of the pupils board, girls and boys apart, by floors, with a keeper for each building. The rooms follow in `rooms`."""
    boarders = [p for p in school.pupils if inventor.random.random() < share]
    for sex, building in (("female", "1号楼"), ("male", "2号楼")):
        living = [p for p in boarders if p.person.sex == sex]
        for place, pupil in enumerate(living):
            pupil.dormitory = f"{building}{place // (8 * ROOMS_A_FLOOR) + 1}层"
        school.posts.append(StaffPost(inventor.adult(sex, (40, 58), on), "宿管"))


def training(inventor: Inventor, name: str, prefix: str, on: date, pupils: Sequence[Pupil], size: int) -> School:
    """A training institution whose groups are filled with pupils of the schools: the same persons."""
    school = School(name, prefix)
    chosen = inventor.random.sample(list(pupils), size * 4)
    for number, subject in enumerate(("美术", "围棋", "英语", "编程")):
        klass = f"{subject}班"
        school.posts.append(StaffPost(inventor.adult("female", (24, 40), on), "授课教师", classes=klass))
        for seat, pupil in enumerate(chosen[number * size : (number + 1) * size], start=1):
            family = Family(pupil.family.surname, pupil.family.guardians[:1], pupil.family.address)
            school.pupils.append(Pupil(f"{prefix}{number + 1}{seat:03d}", pupil.person, "", klass, "", family))
    for title in ("校长", "疫情报告人", "系统管理员"):
        school.posts.append(StaffPost(inventor.adult("female", (30, 50), on), title))
    return school


def _pupil_cells(pupil: Pupil) -> list[str]:
    person = pupil.person
    row = [pupil.number, person.name, SEX[person.sex], "居民身份证", person.id_number, f"{person.birth_date:%Y-%m-%d}"]
    row += [pupil.grade, pupil.klass, pupil.dormitory]
    for place in range(2):
        guardians = pupil.family.guardians
        one = guardians[place] if place < len(guardians) else None
        row += [one.name, RELATION[one.sex], one.phone] if one is not None else ["", "", ""]
    return [*row, pupil.family.address]


def workbook(school: School) -> bytes:
    """The XLSX that the import reads: sheets 学生 and 教职工."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("学生")
        sheet.write_row(0, 0, STUDENT_HEADER)
        for line, pupil in enumerate(school.pupils, start=1):
            for column, value in enumerate(_pupil_cells(pupil)):
                sheet.write_string(line, column, value)
        sheet = book.add_worksheet("教职工")
        sheet.write_row(0, 0, STAFF_HEADER)
        for line, post in enumerate(school.posts, start=1):
            person = post.person
            values = [f"{school.prefix}T{line:03d}", person.name, SEX[person.sex], person.id_number, post.title]
            values += [post.homeroom, post.classes, post.division, person.phone]
            for column, value in enumerate(values):
                sheet.write_string(line, column, value)
    return buffer.getvalue()
