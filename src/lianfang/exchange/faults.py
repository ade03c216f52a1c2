"""What is wrong with a row: kept as a code with its parameters, put into words for whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lianfang.kernel.codes import identity, phone, resident_id
from lianfang.kernel.codes.identity import ID_TYPE_LABELS, IdType
from lianfang.kernel.labels import Label
from lianfang.people.words import role_words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FORMULA_ERRORS = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!)")
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")

FAULTS: dict[str, StrOrPromise] = {
    "cell.formula_error": _("这一格是算不出结果的公式（%(text)s），请改成文字。"),
    "name.required": _("没有填写姓名。"),
    "name.too_long": _("姓名超过 60 个字，请检查。"),
    "name.characters": _("姓名中有数字或符号，请检查。"),
    "name.unknown": _("教职工中没有“%(name)s”，请核对姓名，或先在教职工表中登记。"),
    "name.several": _("教职工中有多位“%(name)s”，请加上工号。"),
    "sex.unknown": _("性别请填“男”或“女”。"),
    "sex.differs_from_id": _("性别与身份证号中的不一致，请对照证件改正其中一个。"),
    "birth_date.format": _("出生日期不存在或认不出来，请写成 2017-03-15 的样子。"),
    "birth_date.future": _("出生日期在今天之后，请检查。"),
    "birth_date.too_early": _("出生日期早于 1900 年，请检查。"),
    "birth_date.differs_from_id": _("出生日期与身份证号中的不一致，请对照证件改正其中一个。"),
    "id_type.unknown": _("没有这种证件类型。"),
    "id_number.rounded": _(
        "身份证号末三位是 000，校验也不符，多半是表格软件只保留了 15 位有效数字。请把该列设为“文本”后重新填写。"
    ),
    "id_number.other_name": _("这个证件号码在系统里是另一个姓名，请对照证件核对姓名和号码。"),
    "number.scientific": _("编号被表格软件变成了科学计数法，后几位已经丢失。请把该列设为“文本”后重新填写。"),
    "number.too_long": _("编号超过 40 个字，请检查。"),
    "number.other_person": _("这个编号在系统里属于另一人，请核对编号、姓名和证件号码。"),
    "row.double.id_number": _("与第 %(row)s 行的证件号码重复。"),
    "row.double.number": _("与第 %(row)s 行的编号重复。"),
    "row.double.name": _("与第 %(row)s 行同名同班，又都没有编号和证件号码，分不清是不是同一人。"),
    "class.required": _("没有填写班级。"),
    "class.unknown": _("没有“%(name)s”这个班级，也认不出是几年级几班。"),
    "unit.unknown": _("没有“%(name)s”这个班级、年级或部门，请先建立或改正。"),
    "place.required": _("这个岗位要写明是哪个班级或年级。"),
    "position.unknown": _("认不出“%(name)s”是什么岗位。"),
    "position.double": _("第 %(row)s 行也是%(unit)s的%(role)s，这个岗位只能有一人。"),
    "position.unit": _("“%(unit)s”没有%(role)s这个岗位。"),
    "address.too_long": _("住址超过 200 个字，请缩短。"),
    "day.format": _("日期不存在或认不出来，请写成 2026-09-01 的样子。"),
    "post.ends_before_it_begins": _("任职结束日期早于开始日期，请改正其中一个。"),
    "room.required": _("没有填写房间或场所的名称。"),
    "room.too_long": _("场所名称超过 60 个字，请缩短。"),
    "room.kind": _("认不出“%(name)s”是哪一类场所，请从模板所列的类型中选一个。"),
    "room.order": _("这一处不能这样放：楼层要在楼栋里，房间在校区、楼栋或楼层里。"),
    "room.double": _("与第 %(row)s 行是同一处场所。"),
    "number.format": _("这里要填大于 0 的数字，现在是“%(text)s”。"),
    "lesson.weekday": _("星期请填“周一”到“周日”或 1 到 7。"),
    "lesson.period": _("节次请填数字，如 1 表示第一节。"),
    "lesson.time": _("上课和下课时间请写成 08:30 的样子，下课要晚于上课。"),
    "lesson.subject": _("没有填写科目。"),
    "lesson.too_long": _("科目超过 40 个字，请缩短。"),
    "lesson.double": _("与第 %(row)s 行是同一班、同一天的同一节课。"),
    "lesson.place": _("没有“%(name)s”这个上课地点；有多处同名时请写成“楼栋 房间”。"),
    "lesson.class_incomplete": _("同一班的课表第 %(row)s 行有错误；一个班的课表要么整份导入，要么不动。"),
    "unit.required": _("没有填写单位名称。"),
    "unit.too_long": _("单位名称超过 40 个字，请缩短。"),
    "unit.kind": _("单位类型请填校区、年级、班级、部门或宿舍。"),
    "unit.double": _("与第 %(row)s 行是同名单位，分不清谁是谁。"),
    "unit.parent": _("没有“%(name)s”这个上级单位。"),
    "unit.parent_kind": _("%(kind)s不能设在“%(name)s”下面。"),
    "unit.own_ancestor": _("上级关系绕成了圈：“%(name)s”成了自己的上级，请改正其中一处。"),
    "unit.below_faulty": _("它的上级“%(name)s”那一行有错误，请一并改正。"),
    "person.unknown": _("在校学生中没有找到这个人，请核对姓名、学号和证件号码。"),
    "rollover.grade": _("新学年这名学生应在%(grade)s，表中却是“%(name)s”。"),
}
LABELS: dict[str, Label] = {
    "id.scientific": resident_id.SCIENTIFIC,
    "id.length": resident_id.LENGTH,
    "id.characters": resident_id.CHARACTERS,
    "id.division": resident_id.DIVISION,
    "id.birth_date": resident_id.BIRTH_DATE,
    "id.birth_in_future": resident_id.BIRTH_IN_FUTURE,
    "id.check_digit": resident_id.CHECK_DIGIT,
    "id.empty": identity.EMPTY,
    "id.unexpected": identity.UNEXPECTED,
    "id.shape": identity.SHAPE,
    "phone.format": phone.BAD_MOBILE,
}
UNWORDED = _("这一格有错误，请检查。")
SHORT: dict[str, StrOrPromise] = {
    "cell": _("公式"),
    "name": _("姓名"),
    "sex": _("性别"),
    "birth_date": _("出生日期"),
    "id_type": _("证件类型"),
    "id_number": _("证件号码"),
    "number": _("编号或数字"),
    "row": _("重复"),
    "class": _("班级"),
    "unit": _("单位"),
    "place": _("岗位的班级"),
    "position": _("岗位"),
    "guardian": _("监护人"),
    "phone": _("电话"),
    "address": _("住址"),
    "day": _("日期"),
    "post": _("任职"),
    "room": _("场所"),
    "lesson": _("课表"),
    "person": _("人员"),
    "rollover": _("升级"),
}


def error_words(error: Mapping[str, Any]) -> str:
    """The sentence of one stored error in the language in force."""
    code, params = str(error.get("code", "")), dict(error.get("params", {}))
    code = code.removeprefix("guardian.")
    if "role" in params:
        params["role"] = role_words(str(params["role"]))
    if code in FAULTS:
        try:
            return str(FAULTS[code]) % params
        except KeyError:
            return str(UNWORDED)
    label = LABELS.get(code.split(".", 1)[-1])
    if label is not None:
        try:
            return label.format(**params).text(get_language() or "zh-hans")
        except KeyError:
            return str(UNWORDED)
    return str(UNWORDED)


def short_words(code: str) -> str:
    """A few words for a kind of fault, to choose by."""
    return str(SHORT.get(code.split(".", 1)[0], UNWORDED))


def params_of(code: str, typed: str, id_type: str = "") -> dict[str, Any]:
    """What the sentence of a fault found by `people.identity.check_person` needs to know."""
    if code.endswith("id.length"):
        return {"length": len(identity.normalise_id(typed))}
    if code.endswith("id.shape"):
        label = ID_TYPE_LABELS[IdType(id_type or "resident_id")]
        return {"type_zh": label.zh, "type_en": label.en}
    return {}
