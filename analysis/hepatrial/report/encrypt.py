"""A closed report as one encrypted file, and back.

AES-256-GCM (NIST SP 800-38D) with a key that scrypt (RFC 7914) makes from a passphrase. The file is a line that says
what it is, scrypt's cost, salt and nonce, then the ciphertext of a zip of the folder with its tag. The head is
authenticated too: any changed byte, or a wrong passphrase, gives an error and no file. Salt and nonce are drawn anew
each time, so the same report gives another file; inside, the bytes are the same.
"""

import io
import os
import struct
import zipfile
from pathlib import Path, PurePosixPath

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hepatrial.errors import ReportError

MAGIC = b"hepatrial encrypted report 1\n"
LOG_COST, BLOCKS, LANES = 17, 8, 1
"""scrypt N = 2^17, r = 8, p = 1 (OWASP's recommendation): 128 MiB and about half a second for each guess."""
HIGHEST_LOG_COST = 20
SALT, NONCE = 16, 12
SHORTEST_PASSPHRASE = 12
FIXED = (1980, 1, 1, 0, 0, 0)


def encrypt_folder(folder: Path, target: Path, passphrase: str) -> Path:
    """Write ``folder`` as one encrypted file; the folder itself stays.

    Raises
    ------
    ReportError
        The passphrase has fewer than SHORTEST_PASSPHRASE letters, or ``target`` cannot be written.
    """
    check_passphrase(passphrase)
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    head = MAGIC + struct.pack(">B", LOG_COST) + salt + nonce
    sealed = AESGCM(_derive(passphrase, salt, LOG_COST)).encrypt(nonce, _pack(folder), head)
    draft = target.with_name(f".{target.name}.writing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(head + sealed)
        draft.replace(target)
    except OSError as error:
        raise ReportError(f"{target}: cannot be written ({error.strerror})") from error
    finally:
        draft.unlink(missing_ok=True)
    return target


def decrypt_folder(source: Path, folder: Path, passphrase: str) -> Path:
    """Write what ``encrypt_folder`` encrypted to the new folder ``folder``.

    Raises
    ------
    ReportError
        The file is not one of ours, the passphrase is wrong, a byte was changed, or something is at ``folder``.
    """
    if folder.exists():
        raise ReportError(f"{folder} exists already; give a new folder")
    head_size = len(MAGIC) + 1 + SALT + NONCE
    content = _read(source)
    if not content.startswith(MAGIC) or len(content) <= head_size:
        raise ReportError(f"{source}: is not an encrypted report of hepatrial")
    log_cost = content[len(MAGIC)]
    salt = content[len(MAGIC) + 1 : head_size - NONCE]
    nonce = content[head_size - NONCE : head_size]
    if not 10 <= log_cost <= HIGHEST_LOG_COST:
        raise ReportError(f"{source}: asks for an impossible cost of the passphrase (2^{log_cost}); it was changed")
    try:
        packed = AESGCM(_derive(passphrase, salt, log_cost)).decrypt(nonce, content[head_size:], content[:head_size])
    except InvalidTag as error:
        raise ReportError(f"{source}: the passphrase is wrong, or the file was changed") from error
    return _unpack(packed, folder)


def check_passphrase(passphrase: str) -> None:
    """Raise ReportError when a passphrase is too short to resist guessing."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise ReportError(f"the passphrase has fewer than {SHORTEST_PASSPHRASE} letters: take several words")


def _derive(passphrase: str, salt: bytes, log_cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**log_cost, r=BLOCKS, p=LANES).derive(passphrase.encode("utf-8"))


def _pack(folder: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=FIXED)
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _unpack(packed: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            inner = PurePosixPath(name)
            if inner.is_absolute() or ".." in inner.parts:
                raise ReportError(f"{name}: leads out of the folder; this file was not written by hepatrial")
            path = folder / inner
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))
    return folder


def _read(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise ReportError(f"{source}: cannot be read ({error.strerror})") from error
