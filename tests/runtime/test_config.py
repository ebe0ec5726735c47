"""Configs: what loads, what is refused, and how clearly."""

from pathlib import Path

import pytest

from runtime.config import (
    build_from,
    config_dict,
    config_text,
    find_file,
    load_config,
)
from runtime.messages import UserError
from tests.conftest import PROJECT

FINETUNE = PROJECT / "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
UPSTREAM = """
model = dict(
    type='FAST',
    backbone=dict(type='fast_backbone', config='config/fast/nas-configs/fast_tiny.config'),
    neck=dict(type='fast_neck', config='config/fast/nas-configs/fast_tiny.config'),
    detection_head=dict(
        type='fast_head', config='config/fast/nas-configs/fast_tiny.config', pooling_size=9,
        dropout_ratio=0.1, loss_text=dict(type='DiceLoss', loss_weight=0.5),
        loss_kernel=dict(type='DiceLoss', loss_weight=1.0),
        loss_emb=dict(type='EmbLoss_v2', feature_dim=4, loss_weight=0.25)))
repeat_times = 10
data = dict(
    batch_size=16,
    train=dict(type='FAST_IC15', split='train', is_transform=True, img_size=736, short_size=736,
               pooling_size=9, read_type='cv2', repeat_times=repeat_times),
    test=dict(type='FAST_IC15', split='test', short_size=736, read_type='cv2'))
train_cfg = dict(lr=1e-3, schedule=(200, 400,), epoch=600 // repeat_times, optimizer='Adam',
                 pretrain='pretrained/fast_tiny_ic17mlt_640.pth', save_interval=10 // repeat_times)
test_cfg = dict(min_score=0.88, min_area=250, bbox_type='rect',
                result_path='outputs/submit_ic15.zip')
"""


def written(tmp_path: Path, text: str, name: str = "설정.py") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def error_of(path, *overrides) -> UserError:
    with pytest.raises(UserError) as caught:
        load_config(path, overrides)
    return caught.value


def test_the_config_of_the_guide_has_the_guides_values():
    cfg = load_config(FINETUNE)
    assert cfg.train_cfg.lr == 1e-4
    assert cfg.train_cfg.schedule == "polylr"
    assert (cfg.train_cfg.epoch, cfg.train_cfg.save_interval) == (50, 5)
    assert cfg.train_cfg.optimizer == "Adam"
    assert (cfg.data.batch_size, cfg.data.train.img_size, cfg.data.train.short_size) == (
        4,
        640,
        640,
    )
    assert (cfg.test_cfg.min_score, cfg.test_cfg.min_area, cfg.test_cfg.bbox_type) == (
        0.88,
        250,
        "rect",
    )
    assert cfg.model.backbone.config.endswith("fast_base.config")


def test_every_line_with_a_key_in_the_guides_config_has_a_korean_comment():
    for line in FINETUNE.read_text(encoding="utf-8").splitlines():
        has_key = "=" in line.split("#")[0] and not line.rstrip().endswith("dict(")
        if has_key:
            assert any("가" <= letter <= "힣" for letter in line), line


def test_a_config_of_upstream_loads_unchanged(tmp_path):
    cfg = load_config(written(tmp_path, UPSTREAM))
    assert tuple(cfg.train_cfg.schedule) == (200, 400)
    assert cfg.train_cfg.save_interval == 1
    assert cfg.model.detection_head.loss_emb.type == "EmbLoss_v2"


def test_the_resolved_config_reads_back_as_itself(tmp_path):
    cfg = load_config(FINETUNE, ["train_cfg.lr=2e-4"])
    again = load_config(written(tmp_path, config_text(cfg), "resolved.py"))
    assert config_dict(again) == config_dict(cfg)


def test_options_of_the_command_line_replace_and_add_values():
    options = ["train_cfg.lr=2e-4", "data.batch_size=2", "data.val.type=FAST_IC15",
               "data.train.img_size=(320,480)", "data.train.is_transform=false"]  # fmt: skip
    cfg = load_config(FINETUNE, options)
    assert cfg.train_cfg.lr == 2e-4
    assert cfg.data.batch_size == 2
    assert cfg.data.val.type == "FAST_IC15"
    assert cfg.data.train.img_size == (320, 480)
    assert cfg.data.train.is_transform is False


@pytest.mark.parametrize(
    ("option", "nearest"),
    [
        ("train_cfg.lrr=1", "lr"),
        ("trian_cfg.lr=1", "train_cfg"),
        ("data.train.img_sise=640", "img_size"),
        ("model.detection_head.loss_text.loss_wieght=1", "loss_weight"),
    ],
)
def test_a_key_that_does_not_exist_names_the_nearest_one(option, nearest):
    error = error_of(FINETUNE, option)
    assert error.key == "config.unknown_key"
    assert f"'{nearest}'" in str(error)


def test_a_misspelt_key_in_the_file_is_found_as_well(tmp_path):
    error = error_of(written(tmp_path, UPSTREAM.replace("batch_size=16", "batchsize=16")))
    assert error.key == "config.unknown_key"
    assert "'batch_size'" in str(error) and "설정.py" in str(error)


@pytest.mark.parametrize(
    "option",
    ["train_cfg.lr=abc", "train_cfg.lr=-1", "train_cfg.lr=nan", "data.batch_size=0",
     "data.batch_size=1.5", "train_cfg.schedule=linear", "data.train.img_size=(1,2,3)",
     "test_cfg.min_score=88", "data.train=3"],
)  # fmt: skip
def test_a_value_that_means_nothing_is_refused_with_what_was_expected(option):
    error = error_of(FINETUNE, option)
    assert error.key == "config.bad_value"
    assert option.split("=")[0] in str(error)


@pytest.mark.parametrize("option", ["lr", "=3", ""])
def test_an_option_without_key_or_value_shows_the_form(option):
    assert error_of(FINETUNE, option).key == "config.override_form"


def test_a_missing_config_and_a_wrong_suffix_are_named(tmp_path):
    assert error_of(tmp_path / "none.py").key == "config.missing"
    assert error_of(tmp_path).key == "config.missing"
    assert error_of(written(tmp_path, "", "config.txt")).key == "config.suffix"


def test_a_syntax_error_is_shown_with_its_line(tmp_path):
    error = error_of(written(tmp_path, "a = 1\nb = = 2\n"))
    assert error.key == "config.syntax"
    assert error.fields["line"] == 2


def test_a_config_that_fails_while_it_runs_is_shown_with_its_line(tmp_path):
    error = error_of(written(tmp_path, "a = 1\nb = 1 // 0\n"))
    assert error.key == "config.fails"
    assert error.fields["line"] == 2
    assert "ZeroDivisionError" in str(error)


def test_files_are_found_below_the_working_directory_and_then_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "config/fast/ic15/fast_checkpoint_7ep_finetune.py"
    assert find_file(name) == FINETUNE
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("")
    assert find_file(name) == Path(name)
    assert find_file("nowhere") == Path("nowhere")


def test_build_from_calls_the_tables_entry_and_leaves_the_spec_alone():
    spec = {"type": "pair", "first": 1}
    assert build_from({"pair": lambda first, second: (first, second)}, spec, second=2) == (1, 2)
    assert spec == {"type": "pair", "first": 1}
    with pytest.raises(UserError, match="'pair'"):
        build_from({"pair": tuple}, {"type": "pear"})


MIXTURE = """
data = dict(train=[dict(type='FAST_IC15', weight=2), dict(type='FAST_LMDB', lmdb_path='a.lmdb')])
"""


def mixture(tmp_path: Path, text: str = MIXTURE) -> Path:
    path = tmp_path / "mixture.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_training_data_may_be_a_list_whose_parts_are_numbered(tmp_path):
    options = ["data.train.1.weight=3", "data.train.0.augment.flip=0"]

    config = load_config(mixture(tmp_path), options)

    assert [part.weight for part in config.data.train] == [2, 3]
    assert config.data.train[0].augment.flip == 0
    assert config.data.granularity == "word"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (MIXTURE.replace("weight=2", "wieght=2"), "data.train.0.wieght"),
        (MIXTURE.replace("weight=2", "weight=0"), "data.train.0.weight"),
        (MIXTURE.replace("dict(type='FAST_IC15', weight=2)", "'FAST_IC15'"), "data.train.0"),
        ("data = dict(train=[])", "data.train"),
    ],
)
def test_a_mistake_in_a_part_of_a_list_is_named_with_its_number(tmp_path, text, named):
    with pytest.raises(UserError) as raised:
        load_config(mixture(tmp_path, text))
    assert raised.value.fields["key"] == named


def test_a_tuple_of_data_sets_is_as_good_as_a_list(tmp_path):
    text = "data = dict(train=(dict(type='FAST_IC15'), dict(type='FAST_IC15')))\n"
    config = load_config(mixture(tmp_path, text), ["data.train.1.img_size=320"])
    assert [part.get("img_size") for part in config.data.train] == [None, 320]


@pytest.mark.parametrize("key", ["img_dir", "first.img_dir", "2.img_dir"])
def test_an_option_for_a_list_must_say_which_part(tmp_path, key):
    with pytest.raises(UserError) as raised:
        load_config(mixture(tmp_path), [f"data.train.{key}=photos"])
    assert raised.value.key == "config.which_of_list"
    assert raised.value.fields["count"] == 2


def test_a_list_that_is_no_list_of_data_sets_has_no_parts_to_set(tmp_path):
    path = mixture(tmp_path, MIXTURE + "mine = [1, 2]\n")
    with pytest.raises(UserError) as raised:
        load_config(path, ["mine.0.img_dir=photos"])
    assert raised.value.key == "config.unknown_key"


def test_a_misspelt_option_for_a_part_names_the_nearest(tmp_path):
    with pytest.raises(UserError, match="img_dir"):
        load_config(mixture(tmp_path), ["data.train.0.imgdir=photos"])
