import hashlib
import http.server
import sys
import threading
from pathlib import Path

import pytest

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.named import named_dataset
from deri_gate.errors import DatasetError, SettingError

info = pytest.importorskip("medmnist.info")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """MedMNIST's own folder, empty."""
    folder = tmp_path / "medmnist"
    folder.mkdir()
    monkeypatch.setattr(info, "DEFAULT_ROOT", str(folder))
    return folder


@pytest.fixture
def served(save_npz, tmp_path, monkeypatch):
    """BreastMNIST at 64 pixels is a small file that a server of this machine hands out."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    path = save_npz()
    about = {
        "url_64": f"http://127.0.0.1:{server.server_port}/{path.name}",
        "MD5_64": hashlib.md5(path.read_bytes()).hexdigest(),
    }
    monkeypatch.setitem(info.INFO, "breastmnist", info.INFO["breastmnist"] | about)
    yield path
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.enable_socket
def test_downloaded_on_first_use(home, served) -> None:
    """Then it is there, with the names of its classes; nothing else is left."""
    dataset = open_dataset("medmnist:breastmnist@64")
    served.unlink()
    again = open_dataset("medmnist:breastmnist@64")

    assert dataset.name == "breastmnist_64"
    assert dataset.classes == ("malignant", "normal, benign")
    assert dataset.labels == ((0,), (1,), (0,))
    assert again.ids == dataset.ids
    assert [file.name for file in home.iterdir()] == ["breastmnist_64.npz"]


@pytest.mark.enable_socket
def test_a_download_with_another_checksum_is_not_kept(home, served) -> None:
    """Cut off, or not what was published."""
    served.write_bytes(served.read_bytes()[:-9])

    with pytest.raises(
        DatasetError, match="medmnist:breastmnist@64: what was downloaded has another checksum"
    ):
        open_dataset("medmnist:breastmnist@64")
    assert list(home.iterdir()) == []


@pytest.mark.enable_socket
def test_a_failed_download(home, served) -> None:
    """What to do instead, and nothing half-written."""
    served.unlink()

    with pytest.raises(DatasetError) as caught:
        open_dataset("medmnist:breastmnist@64")
    text = str(caught.value)
    assert text.startswith("medmnist:breastmnist@64: cannot be downloaded: HTTP Error 404")
    assert "Check the network, or save http://127.0.0.1" in text
    assert list(home.iterdir()) == []


@pytest.mark.enable_socket
def test_a_damaged_file_is_fetched_again(home, served) -> None:
    """One that another program left half-written."""
    (home / "breastmnist_64.npz").write_bytes(b"half")

    assert len(open_dataset("medmnist:breastmnist@64")) == 3


def test_a_label_without_a_name(home, save_npz, monkeypatch) -> None:
    """The file and the package do not belong together."""
    path = save_npz().rename(home / "breastmnist_64.npz")
    about = {"MD5_64": hashlib.md5(path.read_bytes()).hexdigest(), "label": {"0": "only"}}
    monkeypatch.setitem(info.INFO, "breastmnist", info.INFO["breastmnist"] | about)

    with pytest.raises(DatasetError, match="there is no class for the label 1"):
        open_dataset("medmnist:breastmnist@64")


def test_a_name_is_looked_up() -> None:
    """Version, licence and source, without a download."""
    named = named_dataset("medmnist:bloodmnist")

    assert named.name == "bloodmnist"
    assert named.licence == "CC BY 4.0"
    assert named.version == info.__version__
    assert named.source.startswith("https://zenodo.org/")
    assert named.class_names[0] == "basophil"
    assert named_dataset("medmnist:bloodmnist@28") == named
    assert named_dataset("medmnist:bloodmnist@224").name == "bloodmnist_224"


@pytest.mark.parametrize("name", ["blodmnist", "", "../x"])
def test_an_unknown_name(home, name) -> None:
    """Those that there are; volumes are not among them."""
    with pytest.raises(
        SettingError, match=f"there is no '{name}' in MedMNIST. It has pathmnist, .*bloodmnist"
    ) as caught:
        open_dataset(f"medmnist:{name}")
    assert "3d" not in caught.value.fix


def test_volumes(home) -> None:
    """Refused with a word, not as if the name were wrong."""
    with pytest.raises(
        SettingError, match=r"organmnist3d holds volumes \(3D\), which are not read"
    ):
        open_dataset("medmnist:organmnist3d")


@pytest.mark.parametrize("size", ["32", "big", "64x"])
def test_an_unknown_size(home, size) -> None:
    """Those that there are."""
    with pytest.raises(
        SettingError, match=f"bloodmnist has no size '{size}'. Its sizes are 28, 64, 128, 224"
    ):
        open_dataset(f"medmnist:bloodmnist@{size}")


def test_without_the_package(monkeypatch) -> None:
    """The extra is optional."""
    monkeypatch.setitem(sys.modules, "medmnist", None)

    with pytest.raises(SettingError, match=r"pip install 'deri-gate\[medmnist\]'"):
        open_dataset("medmnist:bloodmnist")


def test_without_a_folder_for_its_files(monkeypatch) -> None:
    """medmnist could not make it."""
    monkeypatch.setattr(info, "DEFAULT_ROOT", None)

    with pytest.raises(DatasetError, match="medmnist has no folder for its files"):
        open_dataset("medmnist:bloodmnist")
