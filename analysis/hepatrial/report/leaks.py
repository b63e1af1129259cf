"""The scanner of a blinded report: whatever tells the arms, in any file of the folder, fails the run.

It looks for codes and labels of the arms and the terms that the study file declares, for columns that tell the arms
(``tells_arm``), for results by arm, and for files whose kind it does not know. Texts of the study file itself (its
title, say) are public and are taken out of a text before it is searched; an arm's own code and label never are. A label
of everyday words (Treatment) is searched for where it names an arm.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hepatrial.errors import ReportError
from hepatrial.report.everyday import is_everyday, name_arm
from hepatrial.report.file_texts import KINDS, Piece, read_pieces
from hepatrial.report.records import STUDY_FILE
from hepatrial.study import Study, arm_words, format_study, tells_arm

SHORT = 3
"""A word with fewer letters (an arm called B) is searched for among whole cells only: it stands in every text."""
VARIABLES = ("TRT01P", "TRT01A", "TRT02P", "TRT02A", "TRTP", "TRTA", "ACTARM", "ACTARMCD", "ARMCD")
CODED = re.compile(r"(?<![a-z0-9])arm [a-f](?![a-z0-9])")
BY_GROUP = ("group", "comparator")
NO_GROUP = ("", "all")
HEADINGS = frozenset({"arm", "dose", "dose unit", "lot", "volume", "schedule", "treatment", "treatment given", "batch"})
"""Words that head a column of a page; as a whole cell they tell that the column is there, unless the data say them."""
TODO = """To do: have what tells the arm left out of the export or sealed, or correct the cell in decisions.csv. Where
  the code or label of an arm is a word of the disease or its care, write another in design.arms of the study file;
  one of everyday words (Treatment) may stand in texts, but neither alone in a cell nor beside group or arm."""


@dataclass(frozen=True)
class Leak:
    """Where an arm shows: the file, the place in it and which rule saw it; never the text around it."""

    file: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.what}"


def find_leaks(folder: Path, study: Study, *, coded: bool = False, values: frozenset[str] = frozenset()) -> list[Leak]:
    """Everything in the files of ``folder`` that tells the arms of ``study``.

    Parameters
    ----------
    folder : Path
        A report: HTML, PDF, RTF, DOCX, XLSX (with their properties), CSV, JSON, Parquet, XPT, SVG, PNG, text.
    study : Study
        The study with its true arms.
    coded : bool
        True for a closed report, in which A, B, … and results by them may stand.
    values : frozenset of str
        What ``heading_values`` gives: a deviation of the category ``treatment`` is no column of treatments.

    Returns
    -------
    list of Leak
        One a file, place and rule; empty when nothing was found.
    """
    rules = _Rules(study, coded, values)
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if name == STUDY_FILE and path.read_bytes() == format_study(study).encode():
            continue  # the study file itself, in which nothing depends on the data
        pieces = [Piece("file name", "name", name), *_read(path)]
        found += [Leak(name, piece.place, what) for piece in pieces for what in rules.search(piece)]
    return list(dict.fromkeys(found))


def heading_values(tables: Mapping[str, pd.DataFrame]) -> frozenset[str]:
    """Texts of the data, letter for letter, that elsewhere would be the heading of a column or an everyday label."""
    texts = {
        text
        for frame in tables.values()
        for name in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_datetime64_any_dtype(frame[name])
        for text in frame[name].dropna().unique()
        if isinstance(text, str)
    }
    return frozenset(text for text in texts if _plain(text) in HEADINGS or is_everyday(text))


def refuse_leaks(folder: Path, study: Study, *, coded: bool = False, values: frozenset[str] = frozenset()) -> None:
    """Raise ReportError naming every leak, without the text that stands around it."""
    leaks = find_leaks(folder, study, coded=coded, values=values)
    if leaks:
        more = [f"… and {len(leaks) - 20} more"] if len(leaks) > 20 else []
        head = f"the report would tell the arms in {len(leaks)} places, so nothing was written; see docs/blinding.md"
        raise ReportError("\n  ".join([head, *map(str, leaks[:20]), *more, TODO]))


def _read(path: Path) -> Iterator[Piece]:
    if path.is_symlink() or path.suffix.lower() not in KINDS:
        yield Piece("kind of file", "unknown", path.suffix)
        return
    try:
        yield from read_pieces(path.name, path.read_bytes())
    except Exception as error:  # parsers leak many kinds; what cannot be read cannot be cleared
        yield Piece("whole file", "unknown", type(error).__name__)


class _Rules:
    """What is searched for, worked out once a run."""

    def __init__(self, study: Study, coded: bool, values: frozenset[str]) -> None:
        self.study, self.coded, self.values = study, coded, values
        words = {_plain(word): word for word in (*arm_words(study), *(() if coded else VARIABLES))}
        self.words = {plain: word for plain, word in words.items() if plain}
        self.everyday = {
            plain for plain in self.words if is_everyday(plain) and plain not in map(_plain, study.blinding.terms)
        }
        self.patterns = {word: self._pattern(plain) for plain, word in self.words.items() if len(plain) >= SHORT}
        self.any = re.compile("|".join([pattern.pattern for pattern in self.patterns.values()] or ["(?!)"]))
        self.public = sorted(map(_plain, _public_texts(study, self.patterns)), key=len, reverse=True)

    def _pattern(self, plain: str) -> re.Pattern[str]:
        return name_arm(plain) if plain in self.everyday else _pattern(plain)

    def search(self, piece: Piece) -> Iterator[str]:
        """Which rules the piece breaks, in words."""
        if piece.kind == "unknown":
            yield f"cannot be searched ({piece.text})"
            return
        if piece.kind == "group":
            if not self.coded and piece.text not in NO_GROUP:
                yield "a result by arm"
            return
        yield from self._search_words(piece)
        yield from self._search_columns(piece)

    def _search_words(self, piece: Piece) -> Iterator[str]:
        plain = _plain(piece.text)
        whole = self.words.get(plain)
        if whole and self._tells_whole(piece, plain):
            yield f"{whole!r}"
        left = self._without_public(plain) if self.any.search(plain) else ""
        yield from (f"{word!r}" for word, pattern in self.patterns.items() if pattern.search(left))
        if not self.coded and CODED.search(plain):
            yield "a coded arm"
        if piece.kind == "squeezed":
            yield from self._search_squeezed(plain)

    def _tells_whole(self, piece: Piece, plain: str) -> bool:
        """A word that may stand in a text, as a whole cell; an everyday one unless the data say it."""
        is_said = plain in self.everyday and piece.text.strip() in self.values
        return piece.kind in ("cell", "column") and (len(plain) < SHORT or plain in self.everyday) and not is_said

    def _search_squeezed(self, plain: str) -> Iterator[str]:
        """Words that a page breaks over lines: the text without its spaces, for words long enough to be no chance."""
        text = plain.replace(" ", "")
        for phrase in self.public:
            squeezed = phrase.replace(" ", "")
            text = text.replace(squeezed, " " * len(squeezed))
        for plain_word, word in self.words.items():
            squeezed = plain_word.replace(" ", "")
            is_searched = len(squeezed) >= 2 * SHORT and plain_word not in self.everyday
            if is_searched and _stands_whole(squeezed, text, plain):
                yield f"{word!r}"

    def _search_columns(self, piece: Piece) -> Iterator[str]:
        name = piece.text.strip()
        if piece.kind == "name":
            stem = Path(name).stem
            name, is_column = stem, True
        else:
            is_column = piece.kind == "column"
        heads = not self.coded and piece.kind == "cell" and _plain(name) in HEADINGS and name not in self.values
        if heads or (is_column and tells_arm(name, self.study) and not (self.coded and _is_arm(name))):
            yield f"a column {name!r} that tells the arms"

    def _without_public(self, plain: str) -> str:
        for phrase in self.public:
            plain = plain.replace(phrase, " ")
        return plain


def _is_arm(name: str) -> bool:
    return name.upper() in (*VARIABLES, "ARM")


def _plain(text: str) -> str:
    """Compared without case, width, hyphens, underscores and runs of white space."""
    folded = unicodedata.normalize("NFKC", text.replace("\u200b", "")).casefold()
    return re.sub(r"[\s_\-‐‑‒–—]+", " ", folded).strip()


def _pattern(plain: str) -> re.Pattern[str]:
    """The word as a whole where it is written in Latin letters; anywhere where words have no ends (Chinese)."""
    if plain.isascii():
        return re.compile(rf"(?<![a-z0-9]){re.escape(plain)}(?![a-z0-9])")
    return re.compile(re.escape(plain))


def _stands_whole(squeezed: str, text: str, plain: str) -> bool:
    """Whether a word stands in ``text``, which is ``plain`` without its spaces, other than inside a longer word."""
    if squeezed not in text:
        return False
    if not squeezed.isascii():
        return True
    letters = [place for place, letter in enumerate(plain) if letter != " "]
    padded = f" {plain} "
    found = (match.start() for match in re.finditer(rf"(?={re.escape(squeezed)})", text))
    edges = ((padded[letters[at]], padded[letters[at + len(squeezed) - 1] + 2]) for at in found)
    return any(not re.search("[a-z0-9]", before + after) for before, after in edges)


def _public_texts(study: Study, patterns: dict[str, re.Pattern[str]]) -> Iterator[str]:
    """Texts of the study file that hold a searched word and more: its title, the wording of an endpoint."""
    dump = study.model_dump(mode="json", exclude={"blinding": True, "design": {"arms": {"__all__": {"code", "label"}}}})
    for text in _texts(dump):
        plain = _plain(text)
        if any(pattern.search(plain) and not pattern.fullmatch(plain) for pattern in patterns.values()):
            yield text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
