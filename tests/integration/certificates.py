"""Certificates for a broker's TLS, made anew for every run: right ones and wrong ones."""

import dataclasses
import pathlib
import subprocess


def openssl(folder, *arguments):
    subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True)


@dataclasses.dataclass
class Authority:
    """Signs certificates; `certificate` is what clients trust."""

    folder: pathlib.Path
    name: str

    def __post_init__(self):
        self.certificate = self.folder / f"{self.name}.pem"
        openssl(self.folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2,
                "-subj", f"/CN={self.name}",
                "-keyout", f"{self.name}.key", "-out", self.certificate)
        (self.folder / f"{self.name}.txt").touch()  # what it has signed
        (self.folder / f"{self.name}.cnf").write_text(
            "[ca]\ndefault_ca=own\n[own]\n"
            f"database={self.name}.txt\nnew_certs_dir=.\nrand_serial=yes\nunique_subject=no\n"
            "default_md=sha256\npolicy=any\ncopy_extensions=copy\n[any]\ncommonName=supplied\n")

    def sign(self, name, hosts, begins, ends):
        """A server's key and certificate in one PEM file, valid for `hosts` between two times
        written as YYYYMMDDHHMMSSZ."""
        openssl(self.folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName={hosts}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(self.folder, "ca", "-batch", "-notext", "-config", f"{self.name}.cnf",
                "-cert", self.certificate, "-keyfile", f"{self.name}.key",
                "-startdate", begins, "-enddate", ends, "-in", f"{name}.csr", "-out", f"{name}.crt")
        both = self.folder / f"{name}-server.pem"
        both.write_text((self.folder / f"{name}.key").read_text()
                        + (self.folder / f"{name}.crt").read_text())
        return both
