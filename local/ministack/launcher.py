"""Starts MiniStack with the bridge: `python launcher.py <state folder>`, with MiniStack's settings in the environment.

HKDIST_SETTINGS in the environment is JSON: endpoint, fingerprint, buildEnvironment, owner (see local/server.ts). It is
removed before MiniStack starts, because functions inherit the server's environment.
"""

import json
import os
import signal
import sys
import threading
import time

import bridge


def end_with(owner):
    """Stop this server in order when the process `owner` has ended: a test or demo that was killed leaves nothing."""
    while True:
        time.sleep(1)
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            os.kill(os.getpid(), signal.SIGTERM)
            return


if __name__ == "__main__":
    settings = json.loads(os.environ.pop("HKDIST_SETTINGS"))
    bridge.install(
        folder=sys.argv.pop(1),  # MiniStack reads the arguments too
        endpoint=settings["endpoint"],
        fingerprint=settings["fingerprint"],
        build_environment=settings["buildEnvironment"],
    )
    if settings["owner"] is not None:
        threading.Thread(target=end_with, args=(settings["owner"],), daemon=True).start()

    from ministack.app import main

    main()
