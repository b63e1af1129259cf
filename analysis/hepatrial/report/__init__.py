"""Rendered outputs to files: one self-contained HTML page, figures, result tables, findings and a manifest."""

from hepatrial.report.certificate import CertificateTable, write_certificate
from hepatrial.report.changes import write_changes
from hepatrial.report.encrypt import check_passphrase, decrypt_folder, encrypt_folder
from hepatrial.report.leaks import Leak, find_leaks
from hepatrial.report.manifest import MANIFEST_NAME, hash_folder, read_manifest
from hepatrial.report.replace import check_replaceable, check_same_view
from hepatrial.report.write import FORMATS, write_findings, write_report

__all__ = [
    "FORMATS",
    "MANIFEST_NAME",
    "CertificateTable",
    "Leak",
    "check_passphrase",
    "check_replaceable",
    "check_same_view",
    "decrypt_folder",
    "encrypt_folder",
    "find_leaks",
    "hash_folder",
    "read_manifest",
    "write_certificate",
    "write_changes",
    "write_findings",
    "write_report",
]
