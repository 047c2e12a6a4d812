"""An authority, and certificates as cert-manager makes them of a Certificate's spec: with openssl, for tests."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

USAGES = {"digital signature": ("keyUsage", "digitalSignature"), "server auth": ("extendedKeyUsage", "serverAuth")} | {
    "client auth": ("extendedKeyUsage", "clientAuth")
}


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder: Path) -> Path:
    """A folder with `ca.crt` and `ca.key`."""
    folder.mkdir()
    extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
    added = [part for extension in extensions for part in ("-addext", extension)]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key"]
    openssl(folder, "req", "-x509", *key, "-days", "2", "-subj", f"/CN={folder.name}", *added, "-out", "ca.crt")
    return folder


def issue(ca: Path, folder: Path, spec: Mapping[str, Any]) -> Path:
    """A folder with `tls.crt`, `tls.key` and `ca.crt`, as the Secret of a Certificate is mounted."""
    folder.mkdir()
    (folder / "ca.crt").write_bytes((ca / "ca.crt").read_bytes())
    assert (spec["privateKey"]["algorithm"], spec["privateKey"]["size"]) == ("ECDSA", 256)
    subject = f"/CN={spec['commonName']}" if "commonName" in spec else "/"
    # Keys of this command are PKCS#8.
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tls.key"]
    openssl(folder, "req", *key, "-subj", subject, "-out", "tls.csr")
    lines = [f"{name}={value}" for name, value in (USAGES[usage] for usage in spec["usages"])]
    names = [f"DNS:{name}" for name in spec.get("dnsNames", ())]
    names += [f"IP:{name}" for name in spec.get("ipAddresses", ())]
    lines += [f"subjectAltName=critical,{','.join(names)}"] if names else []
    (folder / "extensions").write_text("\n".join(lines))
    signed = ["-CA", str(ca / "ca.crt"), "-CAkey", str(ca / "ca.key"), "-extfile", "extensions", "-days", "2"]
    openssl(folder, "x509", "-req", "-in", "tls.csr", *signed, "-out", "tls.crt")
    return folder
