"""An encrypted report comes back byte for byte with its passphrase, and with nothing else."""

import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hepatrial.errors import ReportError
from hepatrial.report import decrypt_folder, encrypt_folder, hash_folder
from hepatrial.report.encrypt import LOG_COST, MAGIC

PASSPHRASE = "three words and more 三个词"


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "closed" / "figures").mkdir(parents=True)
    (tmp_path / "closed" / "report.html").write_text("arm A <b>12</b>", encoding="utf-8")
    (tmp_path / "closed" / "figures" / "f.png").write_bytes(bytes(range(256)) * 40)
    return tmp_path / "closed"


def test_a_folder_comes_back_byte_for_byte(folder, tmp_path):
    sealed = encrypt_folder(folder, tmp_path / "closed.encrypted", PASSPHRASE)
    assert hash_folder(decrypt_folder(sealed, tmp_path / "again", PASSPHRASE)) == hash_folder(folder)
    assert b"arm A" not in sealed.read_bytes()
    assert b"report.html" not in sealed.read_bytes()


def test_the_same_folder_never_gives_the_same_file(folder, tmp_path):
    first, second = (encrypt_folder(folder, tmp_path / name, PASSPHRASE).read_bytes() for name in "ab")
    assert first != second


def test_a_wrong_passphrase_opens_nothing(folder, tmp_path):
    sealed = encrypt_folder(folder, tmp_path / "sealed", PASSPHRASE)
    with pytest.raises(ReportError, match="the passphrase is wrong, or the file was changed"):
        decrypt_folder(sealed, tmp_path / "again", PASSPHRASE + " ")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("place", [len(MAGIC) + 3, len(MAGIC) + 20, len(MAGIC) + 29, -1, -400])
def test_one_changed_byte_is_found_in_salt_nonce_text_and_tag(folder, tmp_path, place):
    sealed = encrypt_folder(folder, tmp_path / "sealed", PASSPHRASE)
    content = bytearray(sealed.read_bytes())
    content[place] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(ReportError, match="was changed"):
        decrypt_folder(sealed, tmp_path / "again", PASSPHRASE)
    assert not (tmp_path / "again").exists()


def test_a_cost_that_would_eat_the_machine_is_refused(folder, tmp_path):
    sealed = encrypt_folder(folder, tmp_path / "sealed", PASSPHRASE)
    content = bytearray(sealed.read_bytes())
    content[len(MAGIC)] = 60
    sealed.write_bytes(content)
    with pytest.raises(ReportError, match="impossible cost"):
        decrypt_folder(sealed, tmp_path / "again", PASSPHRASE)


def test_the_format_is_aes_gcm_with_a_key_of_scrypt(folder, tmp_path):
    """Opened by hand, with the scrypt of Python's own library (OpenSSL)."""
    content = encrypt_folder(folder, tmp_path / "sealed", PASSPHRASE).read_bytes()
    at = len(MAGIC) + 1
    salt, nonce, head = content[at : at + 16], content[at + 16 : at + 28], content[: at + 28]
    key = hashlib.scrypt(PASSPHRASE.encode(), salt=salt, n=2**LOG_COST, r=8, p=1, maxmem=2**28, dklen=32)
    assert AESGCM(key).decrypt(nonce, content[at + 28 :], head).startswith(b"PK")


def test_a_short_passphrase_and_a_foreign_file_are_refused(folder, tmp_path):
    with pytest.raises(ReportError, match="fewer than 12 letters"):
        encrypt_folder(folder, tmp_path / "sealed", "short")
    (tmp_path / "foreign").write_bytes(os.urandom(500))
    with pytest.raises(ReportError, match="is not an encrypted report"):
        decrypt_folder(tmp_path / "foreign", tmp_path / "again", PASSPHRASE)
    with pytest.raises(ReportError, match="exists already"):
        decrypt_folder(tmp_path / "foreign", folder, PASSPHRASE)
