"""measure.py RESULT COMMAND...: runs the command, and writes its seconds and the peak of its memory (bytes) as JSON.

One way for every engine: what the kernel counted of that one process, as wait4 tells it. This Python's own 10 MB are the
least that can come out, for the command begins as a copy of it.
"""

import json
import os
import sys
import time

result, *command = sys.argv[1:]
started = time.monotonic()
pid = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.monotonic() - started
if status != 0:
    sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
with open(result, "w", encoding="utf-8") as file:
    json.dump({"seconds": seconds, "peakBytes": usage.ru_maxrss * 1024}, file)
