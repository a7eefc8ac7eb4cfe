"""Tables of public datasets, laid out as their archives unpack."""

import pytest

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.presets import NAMES
from deri_gate.errors import DatasetError, SettingError

CHEXPERT = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,"
    "Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,"
    "Pleural Effusion,Pleural Other,Fracture,Support Devices\n"
)


def read(path, **said):
    return open_dataset(path, options=ReadOptions.of(**said))


def named(dataset):
    """By image its classes."""
    return {
        name: tuple(dataset.classes[i] for i in own)
        for name, own in zip(dataset.ids, dataset.labels, strict=True)
    }


def test_ham10000(tmp_path, draw) -> None:
    """Images in two folders, ids without ending, lesions as groups."""
    draw(tmp_path / "HAM10000_images_part_1" / "ISIC_0027419.jpg")
    draw(tmp_path / "HAM10000_images_part_2" / "ISIC_0031633.jpg")
    path = tmp_path / "HAM10000_metadata.csv"
    path.write_text(
        "lesion_id,image_id,dx,dx_type,age,sex,localization\n"
        "HAM_0000118,ISIC_0027419,bkl,histo,80.0,male,scalp\n"
        "HAM_0000118,ISIC_0031633,nv,follow_up,,female,ear\n"
    )

    with pytest.raises(DatasetError, match="It looks like ham10000: try --preset ham10000"):
        read(path)
    dataset = read(path, preset="ham10000")

    assert named(dataset) == {
        "HAM10000_images_part_1/ISIC_0027419.jpg": ("bkl",),
        "HAM10000_images_part_2/ISIC_0031633.jpg": ("nv",),
    }
    assert dataset.groups == ("HAM_0000118",) * 2
    assert dataset.reading.group_column == "column lesion_id"
    assert [column.name for column in dataset.metadata] == ["dx_type", "age", "sex", "localization"]
    assert dataset.source.load(0).decode().shape == (4, 5)


@pytest.mark.parametrize(
    "classes", ["MEL,NV,BCC,AKIEC,BKL,DF,VASC", "MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"]
)
def test_isic_with_a_column_a_class(tmp_path, draw, classes) -> None:
    """The ground truth of 2018 and of 2019."""
    count = classes.count(",") + 1
    text = f"image,{classes}\n"
    for i in range(count):
        draw(tmp_path / "ISIC_2019_Training_Input" / f"ISIC_{i:07d}.jpg")
        text += f"ISIC_{i:07d}," + ",".join("1.0" if k == i else "0.0" for k in range(count)) + "\n"
    (tmp_path / "truth.csv").write_text(text)

    dataset = read(tmp_path / "truth.csv", preset="isic")

    assert [label for (label,) in named(dataset).values()] == classes.split(",")


def test_isic_2020(tmp_path, draw) -> None:
    """One class in a column, patients as groups."""
    draw(tmp_path / "train" / "ISIC_1.jpg")
    draw(tmp_path / "train" / "ISIC_2.jpg")
    (tmp_path / "train.csv").write_text(
        "image_name,patient_id,sex,age_approx,anatom_site_general_challenge,diagnosis,"
        "benign_malignant,target\n"
        "ISIC_1,IP_1,male,45.0,head/neck,unknown,benign,0\n"
        "ISIC_2,IP_1,male,45.0,torso,melanoma,malignant,1\n"
    )

    dataset = read(tmp_path / "train.csv", preset="isic")

    assert dataset.classes == ("benign", "malignant")
    assert dataset.groups == ("IP_1", "IP_1")


def test_chexpert(tmp_path, draw) -> None:
    """Paths from above the table's folder, findings 1, 0, -1 and blank, patients by folder."""
    root = tmp_path / "CheXpert-v1.0-small"
    rows = {
        "train/patient00001/study1/view1_frontal.jpg": "1.0,,,,,,,,,,,,,",
        "train/patient00001/study2/view1_frontal.jpg": ",,1.0,,,-1.0,,,,0.0,1.0,,,",
        "train/patient00002/study1/view1_frontal.jpg": ",0.0,,,,-1.0,,,,,,,,",
    }
    text = CHEXPERT
    for name, labels in rows.items():
        draw(root / name)
        text += f"{root.name}/{name},Female,68,Frontal,AP,{labels}\n"
    (root / "train.csv").write_text(text)

    dataset = read(root / "train.csv", preset="chexpert")

    assert list(named(dataset).values()) == [
        ("No Finding",),
        ("Cardiomegaly", "Pleural Effusion"),
        ("(no label)",),
    ]
    assert dataset.groups == ("train/patient00001", "train/patient00001", "train/patient00002")
    assert "cells of -1 (uncertain) read as absent: 2" in dataset.reading.notes


def test_chestxray14(tmp_path, draw) -> None:
    """Images over twelve folders, findings joined by bars, patients as groups."""
    draw(tmp_path / "images_001" / "images" / "00000001_000.png")
    draw(tmp_path / "images_012" / "images" / "00000001_001.png")
    (tmp_path / "Data_Entry_2017.csv").write_text(
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
        "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
        "00000001_000.png,Cardiomegaly|Emphysema,0,1,58,M,PA,2682,2749,0.143,0.143,\n"
        "00000001_001.png,No Finding,1,1,58,M,PA,2894,2729,0.143,0.143,\n"
    )

    dataset = read(tmp_path / "Data_Entry_2017.csv", preset="chestxray14")

    assert list(named(dataset).values()) == [("Cardiomegaly", "Emphysema"), ("No Finding",)]
    assert dataset.groups == ("1", "1")


def test_patchcamelyon(tmp_path, draw) -> None:
    """Names are hashes, files are .tif."""
    draw(tmp_path / "train" / "f38a6374c348f90b587e046aac6079959adf3835.tif")
    draw(tmp_path / "train" / "c18f2d887b7ae4f6742ee445113fa1aef383ed77.tif")
    (tmp_path / "train_labels.csv").write_text(
        "id,label\nf38a6374c348f90b587e046aac6079959adf3835,0\n"
        "c18f2d887b7ae4f6742ee445113fa1aef383ed77,1\n"
    )

    assert read(tmp_path / "train_labels.csv", preset="patchcamelyon").classes == ("0", "1")


def test_patchcamelyon_in_h5(tmp_path) -> None:
    """Its other table belongs to arrays, which are not read: no guess is made."""
    path = tmp_path / "camelyonpatch_level_2_split_train_meta.csv"
    path.write_text(",coord_y,coord_x,tumor_patch,center_tumor_patch,wsi\n0,1,2,True,False,w1\n")

    with pytest.raises(SettingError, match="'patchcamelyon' does not fit this table"):
        read(path, preset="patchcamelyon")


def test_what_the_user_says_stays(tmp_path, draw) -> None:
    """A preset fills in what was left open."""
    draw(tmp_path / "ISIC_1.png")
    (tmp_path / "x.csv").write_text("lesion_id,image_id,dx,sex\nH1,ISIC_1,nv,f\n")

    dataset = read(tmp_path / "x.csv", preset="ham10000", suffix=".png", columns="group=sex")

    assert (dataset.ids, dataset.groups) == (("ISIC_1.png",), ("f",))


def test_names_of_presets(tmp_path) -> None:
    """One that does not exist, and one of another table."""
    (tmp_path / "x.csv").write_text("path,label\na.png,x\n")

    with pytest.raises(
        SettingError, match=f"there is no preset 'ham'.*There are {', '.join(NAMES)}"
    ):
        read(tmp_path / "x.csv", preset="ham")
    with pytest.raises(
        SettingError, match=r"'ham10000' does not fit this table.*lesion_id, image_id"
    ):
        read(tmp_path / "x.csv", preset="ham10000")
