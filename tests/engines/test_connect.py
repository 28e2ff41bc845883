"""A credential is sent encrypted or not at all, and never told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from casetrail.cli.main import cli
from casetrail.engines.cluster import ClusterError
from casetrail.engines.connect import connect, secret
from tests.cli.ways import ROOT

LOGIN = ("admin", "hunter2")
WRONG = [
    ("elastic:9200", "no address of a cluster"),
    ("ftp://elastic", "no address of a cluster"),
    ("https://", "no address of a cluster"),
    ("https://elastic:99999", "no address of a cluster"),
    ("https://elastic:port", "no address of a cluster"),
    ("https://[::1", "no address of a cluster"),
    ("https://elastic/?key=hunter2", "no address of a cluster"),
    ("https://elastic/#hunter2", "no address of a cluster"),
    ("https://ela stic/", "no address of a cluster"),
    ("https://elastic\r\nX: hunter2", "no address of a cluster"),
    (f"https://{'a' * 70}.example.com", "no address of a cluster"),
    ("https://admin:hunter2@elastic:9200", "--password-env"),
    ("https://admin:hun/hunter2@elastic:9200", "--password-env"),
    ("https://hunter2@elastic:9200", "--password-env"),
    ("admin:hunter2@elastic:9200", "--password-env"),
]


@pytest.mark.parametrize("product", ["Elasticsearch", "OpenSearch"])
@pytest.mark.parametrize(("address", "said"), WRONG)
def test_an_address_that_will_not_do_is_refused_without_being_told(address: str, said: str, product: str) -> None:
    with pytest.raises(ClusterError, match=said) as refused:
        connect(address, product)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["elastic.example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "[2001:db8::1]"]
)
@pytest.mark.parametrize("product", ["Elasticsearch", "OpenSearch"])
def test_no_credential_is_sent_in_the_clear(host: str, product: str) -> None:
    with pytest.raises(ClusterError, match="the password would be sent in the clear"):
        connect(f"http://{host}:9200", product, login=LOGIN)
    with pytest.raises(ClusterError, match="the API key would be sent in the clear"):
        connect(f"http://{host}:9200", product, api_key="key")
    assert connect(f"http://{host}:9200", product).authorization == ""
    assert connect(f"https://{host}:9200", product, login=LOGIN).tls


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_loopback_needs_no_encryption(host: str) -> None:
    assert connect(f"http://{host}:9200/", "OpenSearch", login=LOGIN).authorization.startswith("Basic ")


@pytest.mark.parametrize("engine", ["elasticsearch", "opensearch"])
def test_a_proof_refuses_them_by_name(engine: str) -> None:
    words = ["--pack", str(ROOT), "prove", "okta_api_token_created", "--engine", engine, "--url"]
    user = ["--user", "admin", "--password-env", "CASETRAIL_T"]
    for more in (["https://admin:hunter2@127.0.0.1:1"], ["http://192.0.2.1:9200", *user]):
        result = CliRunner().invoke(cli, [*words, *more], env={"CASETRAIL_T": "hunter2"})
        assert result.exit_code == 2, result.output
        assert "hunter2" not in result.output


def test_an_authority_that_will_not_do_is_named(tmp_path: Path) -> None:
    none = tmp_path / "none.pem"
    none.write_text("-----BEGIN NOTHING-----\n")
    for path, said in ((tmp_path / "gone", "no such file"), (tmp_path, "no such file"), (none, "no certificate authority")):
        with pytest.raises(ClusterError, match=said):
            connect("https://elastic", "Elasticsearch", ca=path)


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASETRAIL_TEST_KEY", "a2V5\n")
    monkeypatch.delenv("CASETRAIL_TEST_NONE", raising=False)
    file, empty, binary = tmp_path / "key", tmp_path / "empty", tmp_path / "binary"
    file.write_text("ZmlsZQ==\n", "utf-8")
    empty.write_text("\n", "utf-8")
    binary.write_bytes(b"\xff\xfe")
    assert (secret("CASETRAIL_TEST_KEY", None), secret(None, file), secret(None, None)) == ("a2V5", "ZmlsZQ==", None)
    with pytest.raises(ClusterError, match="CASETRAIL_TEST_NONE holds no API key"):
        secret("CASETRAIL_TEST_NONE", None)
    for path in (empty, Path("/dev/zero")):
        with pytest.raises(ClusterError, match="holds no API key"):
            secret(None, path)
    for path in (tmp_path / "gone", tmp_path, binary):
        with pytest.raises(ClusterError, match="can't be read"):
            secret(None, path)
