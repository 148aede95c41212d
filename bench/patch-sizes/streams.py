"""streams.py PATCH...: the size of each patch with its streams in bzip2 blocks of 900 kB, of 100 kB, and each at its best."""

import bz2
import json
import struct
import sys

HEADER = 32
LEVELS = range(1, 10)


def streams(patch):
    control, difference = struct.unpack("<qq", patch[8:24])
    ends = [HEADER, HEADER + control, HEADER + control + difference, len(patch)]
    return [bz2.decompress(patch[start:end]) for start, end in zip(ends, ends[1:])]


for name in sys.argv[1:]:
    with open(name, "rb") as file:
        sizes = [[len(bz2.compress(stream, level)) for level in LEVELS] for stream in streams(file.read())]
    total = {
        "large": HEADER + sum(stream[-1] for stream in sizes),
        "small": HEADER + sum(stream[0] for stream in sizes),
        "best": HEADER + sum(min(stream) for stream in sizes),
    }
    print(json.dumps(total))
