"""The recovery sheet as a page to print (one A4 page, nothing loaded from anywhere) and as plain text."""

from __future__ import annotations

from datetime import datetime
from html import escape

import segno

from lianfang.config.backups import sheet
from lianfang.foundation.keys import Keyring
from lianfang.kernel.labels import Label

TITLE = Label("联防 · 密钥恢复单", "Lianfang · recovery sheet of the keys")
OPENS = Label(
    "本单能打开：这套系统的证件号、手机号、备注、上传的文件和全部备份。数据目录和密钥目录都丢失时，"
    "有本单和一份备份就能全部恢复；没有本单，备份打不开。",
    "It opens: ID numbers, phones, notes, uploaded files and every backup of this installation. With this sheet and one"
    " backup everything can be restored after data and keys are lost; without it no backup opens.",
)
KEEP = Label(
    "保管：打印两份，装信封封好，由两人分别锁在两处（如校长室保险柜、档案室），与备份分开。不拍照、不发送、不存网盘。"
    "打印后删除本文件。遗失或外泄时告诉管理员。",
    "Keep it: print it twice, seal it, lock it up in two places with two people, apart from the backups. No photographs,"
    " no messages, no cloud. Delete this file after printing. Tell the administrator if a copy is lost or seen.",
)
USE = Label(
    "使用：lianfang keys restore，按行输入（不分大小写，空格可省略），或用扫码器扫二维码，把得到的文字存成文件："
    "lianfang keys restore --sheet 文件。每行最后一组是校验，输错会指出是哪一行。",
    "Use it: lianfang keys restore, then type line by line (small letters and missing spaces do not matter); or scan the"
    " code and give the text as a file: lianfang keys restore --sheet FILE. The last group of a line checks the line.",
)
STYLE = """
@page { size: A4; margin: 14mm }
body { font: 10.5pt/1.5 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif;
  color: #000; background: #fff; max-width: 182mm; margin: 0 auto; padding: 4mm }
h1 { font-size: 16pt; margin: 0 0 2mm } h1 small { font-size: 11pt; font-weight: normal; display: block }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 4mm; margin: 2mm 0 } dt { color: #444 } dd { margin: 0 }
ol { list-style: none; margin: 3mm 0; padding: 3mm; border: 1.5pt solid #000; overflow-x: auto }
li { display: flex; gap: 3mm; font: 12pt/1.75 "DejaVu Sans Mono", "Courier New", monospace; white-space: nowrap }
li b { width: 2ch; flex: none; text-align: right; color: #555; font-weight: normal } li i { font-style: normal; color: #555 }
.foot { display: flex; gap: 6mm; align-items: flex-start; break-inside: avoid; flex-wrap: wrap }
.foot svg { width: 52mm; height: 52mm; flex: none } .foot div { flex: 1; min-width: 80mm }
@media screen and (max-width: 480px) { ol { padding: 2mm } li { font-size: 2.95vw; gap: 1.5mm } }
p { margin: 0 0 1.5mm } p[lang=en] { color: #333; font-size: 9.5pt }
"""


def _both(label: Label) -> str:
    return f"<p>{escape(label.zh)}</p><p lang=en>{escape(label.en)}</p>"


def page(keyring: Keyring, now: datetime, place: str) -> str:
    """An HTML document. `place` names the installation (its folder or database), `now` is printed as a day."""
    rows = []
    for number, line in enumerate(sheet.lines(keyring), 1):
        signs, _space, check = line.rpartition(" ")
        rows.append(f"<li><b>{number}</b><span>{signs} <i>{check}</i></span></li>")
    code = segno.make(sheet.qr_text(keyring), error="m", micro=False)
    drawing = code.svg_inline(border=2, omitsize=True)
    return f"""<!doctype html>
<html lang="zh-Hans"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE.zh}</title><style>{STYLE}</style>
<h1>{TITLE.zh}<small lang="en">{TITLE.en}</small></h1>
<dl><dt>系统 / installation</dt><dd>{escape(place)}</dd>
<dt>密钥编号 / keys</dt><dd>{sheet.fingerprint(keyring)}</dd>
<dt>打印日期 / made on</dt><dd>{now.date().isoformat()}</dd></dl>
{_both(OPENS)}
<ol>{"".join(rows)}</ol>
<div class="foot">{drawing}<div>{_both(USE)}{_both(KEEP)}</div></div>
</html>
"""


def text(keyring: Keyring, now: datetime, place: str) -> str:
    """The same for a terminal or a plain printer."""
    numbered = [f"{number:>2}  {line}" for number, line in enumerate(sheet.lines(keyring), 1)]
    head = [TITLE.zh, TITLE.en, f"{place} · {sheet.fingerprint(keyring)} · {now.date().isoformat()}"]
    notes = [text for label in (OPENS, USE, KEEP) for text in (label.zh, label.en)]
    return "\n".join([*head, "", *numbered, "", *notes, ""])
