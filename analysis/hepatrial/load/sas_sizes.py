"""Is a SAS file whole? Sizes from the file formats, because the parser reads half a file in silence.

XPORT: SAS Technical Support TS-140 (version 5) and its successor for version 8. A file is whole 80-byte blocks; after
the last record less than one block is left, and that is blank. SAS7BDAT: header length plus pages times page size
(Shotwell, "SAS7BDAT Database Binary Format", vignette of the R package sas7bdat).
"""

import struct

BLOCK = 80
_NAMESTR_HEADER = (
    b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!",
    b"HEADER RECORD*******NAMSTV8 HEADER RECORD!!!!!!!",
)
_OBS_HEADER = (b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!", b"HEADER RECORD*******OBSV8   HEADER RECORD!!!!!!!")


def find_xport_cut(content: bytes, n_records: int) -> str:
    """Why the transport file cannot be whole; '' when it can."""
    if len(content) % BLOCK:
        return f"{len(content):,} bytes are not whole blocks of {BLOCK}"
    start = _data_start(content)
    length = _record_length(content)
    if start < 0 or length <= 0:
        return "its header cannot be followed"
    rest = content[start + n_records * length :]
    if len(rest) >= BLOCK or rest.strip(b" "):
        return f"{len(rest)} bytes are left after record {n_records:,}"
    return ""


def _data_start(content: bytes) -> int:
    """First byte after the header of the observations."""
    places = [content.find(header) for header in _OBS_HEADER]
    found = max(places)
    return found + BLOCK if found >= 0 else -1


def _record_length(content: bytes) -> int:
    """Bytes of one record: the sum of the lengths in the descriptors of the variables."""
    found = max(content.find(header) for header in _NAMESTR_HEADER)
    try:
        n_variables = int(content[found + 48 : found + 58])
    except ValueError:
        return 0
    first = found + BLOCK
    lengths = [content[first + 140 * index + 4 : first + 140 * index + 6] for index in range(n_variables)]
    if found < 0 or any(len(length) < 2 for length in lengths):
        return 0
    return sum(struct.unpack(">h", length)[0] for length in lengths)


def find_sas7bdat_cut(content: bytes) -> str:
    """Why the data file cannot be whole; '' when it can."""
    if len(content) < 288:
        return "it ends in its header"
    is_64 = content[32:33] == b"\x33"
    shift = 4 if content[35:36] == b"\x33" else 0
    order = "<" if content[37:38] == b"\x01" else ">"
    header, page = struct.unpack(f"{order}ii", content[196 + shift : 204 + shift])
    kind, size = ("q", 8) if is_64 else ("i", 4)
    (pages,) = struct.unpack(order + kind, content[204 + shift : 204 + shift + size])
    whole = header + pages * page
    return "" if len(content) == whole else f"has {len(content):,} of {whole:,} bytes, so it is cut"
