"""Write what Salesforce Voice needs.

`key` writes a private key and a self-signed certificate for the contact center. `contact-center`
writes the file to import in Setup, Partner Telephony Contact Centers. `metadata` writes a project
to deploy: the vendor info, its Apex class, labels, a permission set, a trusted URL and the
component for a Voice Extension.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapter import console
from adapter.commands import CommandFailed
from adapter.drivers import has_browser_phones
from adapter.orgfile import orgs_of
from adapter.runtime.clock import SystemClock
from adapter.salesforce.project import SOURCES, project, read_handwritten
from adapter.settings.environment import load
from adapter.voice import vendorinfo
from adapter.voice.contactcenter import ContactCenter, problems, setup_xml

KEY, CERTIFICATE = "voice-key.pem", "voice-certificate.pem"
KEY_BITS = 4096
DAYS = 730
EXTENSION = "voice"
"""The folder in `salesforce/` of the component for a Voice Extension."""

DEPLOY = "sf project deploy start --manifest manifest/package.xml --target-org ORG"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of the three, and where to."""
    parser.add_argument("what", choices=("key", "contact-center", "metadata"))
    parser.add_argument("--out", type=Path, default=Path("voice"), help="folder (default: voice)")
    parser.add_argument("--name", default="Softphone", help="API name of the vendor info")
    parser.add_argument("--label", default="Softphone", help="name that people see")
    parser.add_argument(
        "--certificate", type=Path, help="PEM file (default: the one from `voice key`)"
    )
    parser.add_argument("--org", default="", help="the org's id, if there are several")
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Write it. Raises CommandFailed."""
    make = {"key": _key, "contact-center": _center, "metadata": _metadata}[options.what]
    try:
        files = make(options)
        for path, text in files.items():
            _write(options.out / path, text, secret=path == KEY)
    except OSError as error:
        raise CommandFailed(f"cannot write {error.filename}: {error.strerror}") from error
    written = [str(options.out / path) for path in files]
    text = "".join(f"{path}\n" for path in written)
    if options.what == "metadata":
        text += f"Deploy them from {options.out} with\n  {DEPLOY}\n"
    console.answer(options, {"files": written}, text)
    return 0


def _key(options: argparse.Namespace) -> dict[str, str]:
    if (options.out / KEY).exists():
        raise CommandFailed(f"{options.out / KEY} exists already: choose another --out")
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, options.name)])
    now = datetime.fromtimestamp(SystemClock().now() / 1000, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        KEY: secret.decode(),
        CERTIFICATE: made.public_bytes(serialization.Encoding.PEM).decode(),
    }


def _center(options: argparse.Namespace) -> dict[str, str]:
    settings = load()
    path = options.certificate or options.out / CERTIFICATE
    try:
        certificate = path.read_text(encoding="utf-8")
    except OSError as error:
        todo = f"create one with `voice key` ({error.strerror})"
        raise CommandFailed(f"cannot read {path}: {todo}") from error
    except ValueError as error:
        raise CommandFailed(f"{path} is not PEM text") from error
    name = settings.voice_contact_center or f"{options.name}Voice"
    center = ContactCenter(name, options.label, f"c__{options.name}", certificate)
    if found := problems(center):
        raise CommandFailed(" ".join(found))
    return {f"{name}.xml": setup_xml(center)}


def _metadata(options: argparse.Namespace) -> dict[str, str]:
    settings = load()
    org = orgs_of(settings).named(options.org)
    if org is None:
        raise CommandFailed("--org must name one of the configured orgs")
    origin, talks = settings.public_origin, has_browser_phones(org)
    vendor = vendorinfo.Vendor(options.name, options.label, origin, org.org_id, talks)
    if found := vendorinfo.problems(vendor):
        raise CommandFailed(" ".join(found))
    made = vendorinfo.files(vendor).items()
    files = {(SOURCES / path).as_posix(): text for path, text in made}
    return project(vendor.name, (), {**files, **read_handwritten(EXTENSION, shared=False)})


def _write(path: Path, text: str, *, secret: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600 if secret else 0o644), "w", encoding="utf-8") as file:
        file.write(text)
