"""Cuts texts into SMS parts with smpplib, for comparison.

Reads one JSON text a line, answers one JSON array a line: the data_coding (0 GSM, 8 UCS-2) and
the parts in hexadecimal, without the header that joins them.
"""

import json
import sys

from smpplib import consts, gsm

HEADER = 6

for line in sys.stdin:
    parts, coding, esm_class = gsm.make_parts(json.loads(line))
    joined = esm_class == consts.SMPP_GSMFEAT_UDHI
    print(json.dumps([coding, [part[HEADER if joined else 0 :].hex() for part in parts]]))
