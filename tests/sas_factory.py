"""The outside of a SAS7BDAT file: a header that says how large it is, and empty pages."""

import struct

MAGIC = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
HEADER, PAGE = 1024, 4096


def sas7bdat_shell(pages: int = 1) -> bytes:
    """A little-endian 32-bit file of ``pages`` pages without content."""
    header = bytearray(HEADER)
    header[:32] = MAGIC
    header[37] = 1
    header[196:208] = struct.pack("<iii", HEADER, PAGE, pages)
    return bytes(header) + bytes(PAGE * pages)
