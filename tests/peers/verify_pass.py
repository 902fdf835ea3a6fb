"""Verifies a pass with a library that is not ours (PyPI cwt) and the published keys alone.

The library checks the signature and that the pass has not expired by the machine's clock.

    verify_pass.py KEYS.json QR-TEXT

KEYS.json is what /.well-known/khaibao-keys.json answers. Prints the claims as one JSON object
and ends with 0, or says why on stderr and ends with 1 when the pass is refused. Any other end
is a fault of this script or of its arguments.
"""

import json
import sys

try:
    import base45
    import cwt
except ImportError as missing:
    # Python's own end would be 1, which is said of a refused pass.
    print(f"{missing}", file=sys.stderr)
    sys.exit(2)

PREFIX = "KB1:"
PRIVATE = -65537
NAMES = {1: "province", 2: "kind", 3: "class", 4: "initials", 5: "birth_year"}


def claims_of(text, keys):
    if not text.startswith(PREFIX):
        raise ValueError("the text does not begin like a pass")
    said = cwt.decode(base45.b45decode(text[len(PREFIX):]), keys)
    ours = {NAMES[number]: value for number, value in said[PRIVATE].items()}
    return {
        "iss": said[1],
        "exp": said[4],
        "iat": said[6],
        "cti": said[7].hex(),
        **ours,
    }


def main():
    _, path, text = sys.argv
    with open(path, encoding="utf-8") as file:
        keys = [cwt.COSEKey.from_jwk(key) for key in json.load(file)["keys"]]
    try:
        claims = claims_of(text, keys)
    except Exception as why:  # the library has no one class for all that bytes can do to it
        print(f"refused: {type(why).__name__}: {why}", file=sys.stderr)
        return 1
    print(json.dumps(claims, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as why:
        print(f"{why}", file=sys.stderr)
        sys.exit(2)
