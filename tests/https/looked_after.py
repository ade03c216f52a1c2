"""`python -m tests.https.looked_after FOLDER PORT`: a server with the operator's files under the supervisor of `up`."""

from __future__ import annotations

import sys
from pathlib import Path

from lianfang.config import processes
from lianfang.config.tls.installation import describe, install_command, watch
from lianfang.config.tls.options import Serving
from lianfang.config.tls.serving import Given
from lianfang.kernel.clock import SystemClock
from lianfang.kernel.labels import Label


def main(folder: Path, port: int) -> None:
    def say(label: Label) -> None:
        print(label.en, flush=True)

    processes.LOOK_EVERY = 0.2
    keeper = Given(folder / "tls", folder / "cert.pem", folder / "key.pem", [])
    keeper.prepare(SystemClock().now())
    serving = Serving("127.0.0.1", port, keeper=keeper)
    describe(serving, folder)
    served = str(keeper.served)
    *words, application = install_command("127.0.0.1", port)
    child = processes.Child("web", [*words, "--ssl-certificate", served, "--ssl-keyfile", served, application])
    processes.Supervisor([child], print, watch(serving, folder, say)).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
