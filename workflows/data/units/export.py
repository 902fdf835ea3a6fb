"""Writes since_2025.tsv, before_2025.tsv and old_to_new.tsv from the Python package
vietnamadminunits (see README.md). Usage: python3 export.py UNPACKED_PACKAGE_FOLDER"""

import collections
import json
import pathlib
import sqlite3
import sys
import unicodedata

HERE = pathlib.Path(__file__).parent
KINDS = ["Thành phố", "Thị trấn", "Thị xã", "Đặc khu", "Phường", "Huyện", "Quận", "Tỉnh", "Xã"]
# Five island districts had no communes. Each gets a commune of its own, numbered 90,000 + the
# district's code, so that an address there still has a deepest unit.
ISLANDS = 90_000


def nfc(text):
    return unicodedata.normalize("NFC", " ".join(text.split())).replace("’", "'")


def split(full):
    """('Phường', 'Ba Đình') of 'Phường Ba Đình'. The type column is not used: it is wrong in four rows."""
    full = nfc(full)
    kind = next(k for k in KINDS if full.lower().startswith(k.lower() + " "))
    name = full[len(kind) + 1 :]
    return kind, name[0].upper() + name[1:]


def rows(data, table):
    base = sqlite3.connect(data / "dataset.db")
    base.row_factory = sqlite3.Row
    return [dict(r) for r in base.execute(f"select * from {table}")]


def write(name, lines):
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def line(level, code, full):
    return "\t".join([level, code, *split(full)])


def export_tree(name, units, with_districts):
    lines, seen = [], set()
    order = lambda u: (u["provinceCode"], u.get("districtCode", ""), commune_code(u))
    for unit in sorted(units, key=order):
        if unit["provinceCode"] not in seen:
            seen.add(unit["provinceCode"])
            lines.append(line("P", unit["provinceCode"], unit["province"]))
        district = ("D", unit.get("districtCode"))
        if with_districts and district not in seen:
            seen.add(district)
            lines.append(line("D", unit["districtCode"], unit["district"]))
        lines.append(line("C", commune_code(unit), unit["ward"] or unit["district"]))
    write(name, lines)


def commune_code(unit):
    return unit["wardCode"] or f"{ISLANDS + int(unit['districtCode'])}"


def read_links(data):
    """{old key: {new key: 'whole' | 'default' | 'part'}}; keys are (province, …, commune)."""
    table = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
    links = collections.defaultdict(dict)
    for province, communes in table["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for commune, olds in communes.items():
            for old in olds:
                links[tuple(old.split("_"))][(province, commune)] = "whole"
    for province, olds in table["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, news in olds.items():
            for new in news:
                how = "default" if new["isDefaultNewWard"] else "part"
                links[tuple(old.split("_"))][(province, new["newWardKey"])] = how
    return links


def drop_namesakes(links):
    """Removes parts given to a commune only because a namesake elsewhere is one of its sources:
    the table was joined by name inside the new province. Never removes a commune's last link."""
    sources = collections.defaultdict(list)
    for old, news in links.items():
        for new, how in news.items():
            sources[new].append((old, how))
    dropped = []
    for old, news in links.items():
        if len(news) < 2:
            continue
        doubtful = [new for new in news if is_namesake(old, sources[new])]
        if len(doubtful) < len(news):
            dropped += [(old, new) for new in doubtful]
    for old, new in dropped:
        del links[old][new]
    return dropped


def is_namesake(old, sources):
    whole = [o for o, how in sources if how == "whole"]
    provinces, districts = {o[0] for o in whole}, {o[:2] for o in whole}
    if whole and old[0] not in provinces:
        return True
    twins = [o for o, _ in sources if o != old and o[2] == old[2]]
    return old[:2] not in districts and any(o[:2] in districts for o in twins)


def main():
    data = pathlib.Path(sys.argv[1]) / "vietnamadminunits" / "data"
    old_units, new_units = rows(data, "admin_units_legacy"), rows(data, "admin_units")
    export_tree("before_2025.tsv", old_units, True)
    export_tree("since_2025.tsv", new_units, False)
    old_code = {
        (u["provinceKey"], u["districtKey"], u["wardKey"] or ""): commune_code(u)
        for u in old_units
    }
    new_code = {(u["provinceKey"], u["wardKey"]): commune_code(u) for u in new_units}
    links = read_links(data)
    dropped = drop_namesakes(links)
    rank = {"whole": 0, "default": 0, "part": 1}
    lines = []
    for old in sorted(old_code, key=old_code.get):
        news = sorted(links[old].items(), key=lambda n: (rank[n[1]], new_code[n[0]]))
        lines.append("\t".join([old_code[old], *(new_code[new] for new, _ in news)]))
    write("old_to_new.tsv", lines)
    print(len(old_units), "old,", len(new_units), "new,", len(lines), "mapped,", end=" ")
    print(sum(len(n) > 1 for n in links.values()), "divided,", len(dropped), "namesakes dropped")
    for old, new in dropped:
        print("dropped", *old, "->", *new)


main()
