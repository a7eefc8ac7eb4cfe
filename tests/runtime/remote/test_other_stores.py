"""Google Cloud Storage and Azure as their emulators answer: datasets and shards, as in S3."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

import pytest

import deri_gate
from deri_gate.data.readers import open_dataset
from deri_gate.features.shard_file import ShardForm
from deri_gate.features.shard_scan import ShardScan
from deri_gate.metrics.profile import STANDARD
from deri_gate.reports.documents import metrics_document
from deri_gate.runtime.work_folder import WorkFolder
from deri_gate.schemas.base import as_json

pytestmark = [
    pytest.mark.slow,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # those of the emulators and of their clients
]
# Azurite's own account, the same in every copy of it: no secret.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def free_port() -> int:
    """A port of this machine that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fill(store, folder, top: str) -> None:
    """Write every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.pipe_file(f"{top}/{path.relative_to(folder).as_posix()}", path.read_bytes())


@pytest.fixture
def google(folder, monkeypatch):
    """The folder in a bucket of an emulator of Google Cloud Storage."""
    monkeypatch.setenv(
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false"
    )  # read at import; asks by gRPC, a minute long
    emulator = pytest.importorskip("gcp_storage_emulator.server")
    gcsfs = pytest.importorskip("gcsfs")
    port = free_port()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    server = emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    store = gcsfs.GCSFileSystem(token="anon", skip_instance_cache=True)
    fill(store, folder, "bucket/data/set")
    yield "gs://bucket/data"
    server.stop()


@pytest.fixture
def azure(folder, monkeypatch, tmp_path):
    """The folder in a container of Azurite, which is a program of its own."""
    adlfs = pytest.importorskip("adlfs")
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite-blob is not installed")
    port = free_port()
    where = f"http://127.0.0.1:{port}/{ACCOUNT}"
    text = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={where};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
    command = [program, "--silent", "--skipApiVersionCheck", "--blobPort", str(port)]
    with subprocess.Popen([*command, "--location", str(tmp_path / "azurite")]) as server:
        for _ in range(200):
            with socket.socket() as one:
                if not one.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        store = adlfs.AzureBlobFileSystem(connection_string=text, skip_instance_cache=True)
        store.mkdir("container")
        fill(store, folder, "container/data/set")
        yield "az://container/data"
        server.kill()


@pytest.mark.parametrize("name", ["google", "azure"])
def test_the_same_bytes_as_the_local_folder(name, folder, request, monkeypatch, tmp_path) -> None:
    """Metrics, findings, fingerprint and name; and once more from what was kept."""
    address = request.getfixturevalue(name)
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache"))
    keys = {"metrics": "exposure,resolution"}
    places = (folder, f"{address}/set", f"{address}/set")
    here, there, again = (
        as_json(metrics_document(deri_gate.measure(str(one), **keys))) for one in places
    )

    assert here == there == again


@pytest.mark.parametrize("name", ["google", "azure"])
def test_a_shard_is_kept_there(name, folder, request) -> None:
    """And read again, by its name alone."""
    work = WorkFolder.of(f"{request.getfixturevalue(name)}/work", 2**28)
    work.make_ready()
    form = ShardForm(profile=STANDARD, embed=False)
    scan = ShardScan(source=open_dataset(folder).source, form=form, work=work, workers=1)
    first, second = scan(range(8)), scan(range(8))

    assert (first.decoded, second.decoded, second.name) == (8, 0, first.name)
    assert work.read("other.parquet") is None
