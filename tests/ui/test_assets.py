"""What is shipped: vendored files as recorded, icons as named, texts complete, no word of Chinese in scripts."""

import hashlib
import re
import struct
from pathlib import Path

import pytest
from django.utils import translation

from lianfang.ui.icons import ICONS
from lianfang.ui.script_texts import script_texts
from lianfang.ui.views import SHELL_ASSETS

ROOM = Path(__file__).resolve().parents[2] / "src" / "lianfang" / "ui"
STATIC = ROOM / "static" / "ui"
VENDOR = STATIC / "vendor"
SCRIPTS = sorted(STATIC.glob("*.js"))
ROW = re.compile(r"^\| `([^`]+)` \|[^|]+\| ([^|]+) \| ([^|]+) \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_vendored_file_is_the_recorded_one():
    recorded = {name: digest for name, _, _, digest in ROW.findall((VENDOR / "VENDOR.md").read_text(encoding="utf-8"))}
    there = [path for path in VENDOR.iterdir() if path.suffix in {".js", ".css", ".svg"}]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in there} == recorded


@pytest.mark.parametrize("name", ["bootstrap", "htmx", "alpine-csp", "tabler-icons"])
def test_each_licence_lies_beside(name):
    assert len((VENDOR / f"{name}.LICENSE.txt").read_text(encoding="utf-8")) > 300


def test_the_list_of_icons_is_the_sprite():
    sprite = (VENDOR / "icons.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == ICONS


def test_every_icon_that_a_template_or_script_names_exists():
    named = set()
    for path in (ROOM / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'icon_svg "([^"]+)"', text)) | set(re.findall(r'\bicon="([a-z][^"{]*)"', text))
    named |= set(re.findall(r'icon: "([^"]+)"', (STATIC / "outbox-bar.js").read_text(encoding="utf-8")))
    assert named - ICONS == set()


def test_every_text_of_a_script_is_given_and_none_is_idle():
    used = set()
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'\btext\("(\w+)"', source))
        used |= set(re.findall(r'\? "(kept\w*)" : "(?:kept\w*)"', source)) | set(re.findall(r'" : "(kept)"', source))
    assert used == set(script_texts())


def test_the_texts_of_scripts_are_in_the_language_of_the_reader():
    with translation.override("zh-hans"):
        assert script_texts()["all_sent"] == "已全部送达"
    with translation.override("en"):
        assert script_texts()["all_sent"] == "Everything was delivered"


def test_every_asset_of_the_shell_exists_and_every_script_is_kept_offline():
    assert [name for name in SHELL_ASSETS if not (STATIC.parent / name).is_file()] == []
    assert {f"ui/{path.name}" for path in [*SCRIPTS, *STATIC.glob("*.css")]} <= set(SHELL_ASSETS)


@pytest.mark.parametrize(
    "name, size", [("icon-32", 32), ("icon-180", 180), ("icon-192", 192), ("icon-512", 512), ("maskable-512", 512)]
)
def test_icons_have_the_size_that_they_claim(name, size):
    data = (STATIC / "icons" / f"{name}.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (size, size)
