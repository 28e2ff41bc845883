"""What leads to a cluster: its address, and a credential that isn't sent in the clear or told to anyone."""

from __future__ import annotations

import ssl
from base64 import b64encode
from ipaddress import ip_address
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from casetrail.engines.cluster import Cluster, ClusterError, Limits

_PORTS = {"http": 80, "https": 443}
_KEY_BYTES = 64 * 1024


def connect(
    url: str,
    product: str,
    *,
    api_key: str | None = None,
    login: tuple[str, str] | None = None,
    ca: Path | None = None,
    limits: Limits | None = None,
) -> Cluster:
    """A cluster of a product (`Elasticsearch` or `OpenSearch`). login: user and password.

    The server's certificate is always verified, by `ca` (a PEM file) or the usual authorities.

    Raises ClusterError for an address that is none, a credential within it, or one that would travel unencrypted.
    """
    if "@" in url:
        raise ClusterError(
            "the address holds an @, as a password would need it; give an API key by --api-key-env or --api-key-file, "
            "a password by --user and --password-env"
        )
    scheme, host, port, path = _parts(url)
    if scheme == "http" and (api_key or login) and not _is_loopback(host):
        what = "the API key" if api_key else "the password"
        raise ClusterError(f"http://{host}:{port} isn't encrypted, and {what} would be sent in the clear; use https")
    authorization, secrets = _authorization(api_key, login)
    tls = _trusting(ca) if scheme == "https" else None
    return Cluster(product, host, port, path, authorization, secrets, tls, limits or Limits())


def _parts(url: str) -> tuple[str, str, int, str]:
    wrong = ClusterError("--url is no address of a cluster; write one like https://search.example.com:9200")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        host.encode("idna")
    except ValueError:
        raise wrong from None
    usable = url.isprintable() and not set(url) & set(" \\")
    if parts.scheme not in _PORTS or not host or not usable or parts.query or parts.fragment:
        raise wrong
    return parts.scheme, host, port, parts.path.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authorization(api_key: str | None, login: tuple[str, str] | None) -> tuple[str, tuple[str, ...]]:
    """The header, and the texts that must never be told."""
    if api_key:
        return f"ApiKey {api_key}", (api_key,)
    if login:
        coded = b64encode(":".join(login).encode()).decode()
        return f"Basic {coded}", (login[1], coded)
    return "", ()


def _trusting(ca: Path | None) -> ssl.SSLContext:
    if ca is not None and not ca.is_file():
        raise ClusterError(f"{ca}: no such file; --ca takes the PEM file of the certificate authority")
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as error:
        raise ClusterError(f"{ca}: no certificate authority in PEM can be read from it") from error


def secret(variable: str | None, file: Path | None) -> str | None:
    """An API key from an environment variable of this name, or from a file; None when neither is given.

    Raises ClusterError when there is none in it.
    """
    if variable is not None:
        found, where = environ.get(variable, ""), f"the environment variable {variable}"
    elif file is not None:
        try:
            with file.open("rb") as opened:
                found, where = opened.read(_KEY_BYTES).decode(), str(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ClusterError(f"{file}: the API key can't be read: {reason}") from error
    else:
        return None
    key = found.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key or len(key) == _KEY_BYTES:
        raise ClusterError(f"{where} holds no API key: put the encoded key into it, one line of base64")
    return key
