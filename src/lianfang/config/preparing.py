"""Work that needs the whole program, done by a child that ends, so that the parent of an installation stays small.

Migrating loads some 100 MiB of Python that the parent would keep for as long as it only watches its children.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from lianfang.config.processes import die_with_parent

PREFIX = "LIANFANG_"


def in_a_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` returned (as JSON) in a forked child, and the child's LIANFANG_ variables in our environment.

    The child ends when we are killed. Raises SystemExit with its code when it ended otherwise than by returning; what it
    had to say it has said itself.
    """
    reading, writing = os.pipe()
    parent = os.getpid()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work_and_end(work, writing, parent)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        content = answer.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise SystemExit(code if code > 0 else 1)
    found = json.loads(content)
    os.environ.update(found["environment"])
    returned: dict[str, Any] = found["returned"]
    return returned


def _work_and_end(work: Callable[[], dict[str, Any]], writing: int, parent: int) -> None:
    code = 1
    try:
        die_with_parent(signal.SIGKILL, parent)
        returned = work()
        told = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
        with os.fdopen(writing, "wb") as answer:
            answer.write(json.dumps({"returned": returned, "environment": told}).encode())
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, int):
            code = ended.code or 1
        elif ended.code is not None:
            print(ended.code, file=sys.stderr)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
