import pytest
import torch

from runtime import cli, messages
from runtime.messages import MESSAGES, UserError, say


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> cli.Parser:
    for part in ("about", "examples"):
        monkeypatch.setitem(MESSAGES, f"try.{part}", {"ko": f"{part} 글", "en": f"{part} text"})
    monkeypatch.delenv("FAST_LANG", raising=False)
    return make_parser()


def make_parser() -> cli.Parser:
    parser = cli.Parser("try.py", "try")
    parser.add_argument("config")
    parser.add_argument("--min_score", type=cli.FRACTION)
    parser.add_argument("--batch-size", type=cli.POSITIVE, default=4)
    parser.add_argument("--size", choices=("tiny", "base"))
    cli.add_common_arguments(parser)
    return parser


@pytest.mark.parametrize(
    ("arguments", "variable", "language"),
    [
        ([], "", "ko"),
        (["x", "--lang", "en"], "", "en"),
        (["--lang=en"], "", "en"),
        ([], "en", "en"),
        (["--lang", "ko"], "en", "ko"),
        (["--lang", "fr"], "", "ko"),
        (["--lang"], "", "ko"),
    ],
)
def test_the_language_is_chosen_before_anything_is_said(monkeypatch, arguments, variable, language):
    monkeypatch.setenv("FAST_LANG", variable)
    cli.choose_language(arguments)
    assert say("cli.options") == MESSAGES["cli.options"][language]


def test_options_may_be_spelled_with_dashes_or_underscores(parser):
    args = parser.parse_args(["a.py", "--min-score", "0.5", "--batch_size=2"])
    assert (args.config, args.min_score, args.batch_size) == ("a.py", 0.5, 2)
    assert parser.parse_args(["an_underscored-name.py"]).config == "an_underscored-name.py"


def test_config_options_are_collected_from_all_places(parser):
    args = parser.parse_args(["a.py", "--cfg-options", "a=1", "b=2", "--cfg_options", "c_d=3"])
    assert args.cfg_options == ["a=1", "b=2", "c_d=3"]
    assert parser.parse_args(["a.py"]).cfg_options == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["config", "try.py --help"]),
        (["a.py", "--min_score"], ["--min_score"]),
        (["a.py", "--min_score", "1.1"], ["--min_score", "1.1", "0", "1"]),
        (["a.py", "--min_score", "nan"], ["--min_score", "nan"]),
        (["a.py", "--batch-size", "0"], ["--batch-size", "'0'", "1"]),
        (["a.py", "--batch-size", "2.5"], ["--batch-size", "2.5"]),
        (["a.py", "--size", "huge"], ["--size", "huge", "tiny", "base"]),
        (["a.py", "--min_scroe", "1"], ["--min_scroe", "--min_score"]),
        (["a.py", "b.py"], ["b.py", "try.py --help"]),
        (["a.py", "--lang", "fr"], ["fr", "ko"]),
    ],
)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_wrong_usage_is_one_sentence_in_the_chosen_language(parser, arguments, parts, language):
    messages.set_language(language)
    with pytest.raises(UserError) as caught:
        parser.parse_args(arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert ("expected" in sentence or "invalid" in sentence) is False  # argparse's own words
    for part in parts:
        assert part in sentence


@pytest.mark.parametrize(("language", "word"), [("ko", "사용법"), ("en", "usage")])
def test_help_is_in_the_chosen_language_and_keeps_the_lines_of_the_examples(
    parser, capsys, language, word
):
    messages.set_language(language)
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(word)
    assert MESSAGES["try.examples"][language] in text
    assert ("optional" in text or "show this" in text) == (language == "en")


def test_numbers_are_checked_against_their_range():
    assert cli.number(float, 0)("1e3") == 1000
    for text in ("inf", "-1", "nan", "x"):
        with pytest.raises(Exception, match=text):
            cli.number(float, 0)(text)


def test_devices_are_chosen_by_name():
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert cli.choose_device("auto").type == expected
    assert cli.choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:x", "cuda:99", "CPU", ""])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(UserError, match=f"--device {name}"):
        cli.choose_device(name)
