"""The key of a blinded study: who has which arm, and the secret that decides which arm is called A.

A CSV of its own, ``subject_id,arm,secret``, kept by whoever is unblinded. The secret is the same in every row and at
every meeting; with it the letters of the arms stay, however the list grows.
"""

import csv
import hashlib
import hmac
import io
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hepatrial.contracts import Exports
from hepatrial.errors import LoadError
from hepatrial.load.cells import trim
from hepatrial.study import Study

KEY_COLUMNS: Final = ("subject_id", "arm", "secret")
SHORTEST_SECRET: Final = 16


@dataclass(frozen=True)
class Key:
    """``arms``: arm code by subject. ``letters``: A, B, … by arm code, from the secret alone."""

    arms: Mapping[str, str]
    letters: Mapping[str, str]


def read_key(path: Path, study: Study) -> Key:
    """Read the key file of a study.

    Raises
    ------
    LoadError
        The file cannot be read, an arm is not one of the study's, a subject has two arms, or the secret is missing,
        not the same in every row, or shorter than SHORTEST_SECRET letters. No message shows an arm or the secret.
    """
    rows = _read_rows(path)
    faults = _find_faults(rows, study)
    if faults:
        raise LoadError("\n  ".join([f"{path.name}: {len(faults)} faults in the key", *faults[:20]]))
    codes = _codes(study)
    arms = {row["subject_id"]: codes[row["arm"]] for row in rows}
    return Key(arms, order_arms(study, rows[0]["secret"]))


def order_arms(study: Study, secret: str) -> dict[str, str]:
    """A letter for each arm's code: the codes in the order of HMAC-SHA256(secret, study and code)."""
    codes = [arm.code for arm in study.design.arms]
    text = {code: f"{study.identity.study_id}\x1f{code}" for code in codes}
    digest = {code: hmac.new(secret.encode(), text[code].encode(), hashlib.sha256).digest() for code in codes}
    return dict(zip(sorted(codes, key=digest.__getitem__), string.ascii_uppercase, strict=False))


def apply_key(exports: Exports, key: Key, names: Mapping[str, str] | None = None) -> Exports:
    """The exports with the arm of each subject that the key names; ``names`` gives each code another name.

    Raises
    ------
    LoadError
        The exports have arms already: two sources for one fact would have to be reconciled by a person.
    """
    if exports.tables["subjects"]["arm"].notna().any():
        raise LoadError("data.toml maps the arm already: leave --key out, or take the column arm out of data.toml")
    arms = {subject: (names or {}).get(code, code) for subject, code in key.arms.items()}
    subjects = exports.tables["subjects"]
    known = subjects["subject_id"].map(arms).astype("object")
    filled = subjects.assign(arm=known.where(known.notna(), None))
    return replace(exports, tables={**exports.tables, "subjects": filled})


def _read_rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise LoadError(f"{path}: there is no such file; the key is a CSV {','.join(KEY_COLUMNS)} (docs/blinding.md)")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(
            f"{path}: the key cannot be read as UTF-8 text; give the CSV {','.join(KEY_COLUMNS)}"
        ) from error
    reader = csv.DictReader(io.StringIO(text), restval="")
    if tuple(reader.fieldnames or ()) != KEY_COLUMNS:
        raise LoadError(f"{path.name}: the columns of a key are {','.join(KEY_COLUMNS)}, in this order")
    return [{name: trim(row[name]) for name in KEY_COLUMNS} for row in reader]


def _codes(study: Study) -> dict[str, str]:
    """Code by code and by label."""
    return {name: arm.code for arm in study.design.arms for name in (arm.label, arm.code)}


def _find_faults(rows: list[dict[str, str]], study: Study) -> list[str]:
    known, seen = _codes(study), set()
    faults = [] if rows else ["it has no rows"]
    for line, row in enumerate(rows, start=2):
        if not row["subject_id"]:
            faults.append(f"line {line}: the subject is empty")
        if row["arm"] not in known:
            faults.append(f"line {line}: the arm is neither a code nor a label of design.arms")
        if row["subject_id"] in seen:
            faults.append(f"line {line}: the subject has two rows")
        seen.add(row["subject_id"])
    secrets = {row["secret"] for row in rows}
    if len(secrets) > 1:
        faults.append("the secret is not the same in every row")
    elif rows and len(rows[0]["secret"]) < SHORTEST_SECRET:
        faults.append(f"the secret has fewer than {SHORTEST_SECRET} letters: arms could be found by trying")
    return faults
