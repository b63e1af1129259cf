"""Each example of docs/data-in.md is a data map that can be read."""

import re
from pathlib import Path

import pytest

from hepatrial.study import read_data_map

PAGE = (Path(__file__).parents[2] / "docs" / "data-in.md").read_text(encoding="utf-8")
HEAD, *EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_data_map(tmp_path, example):
    path = tmp_path / "data.toml"
    path.write_text(example if "schema_version" in example else HEAD + example, encoding="utf-8")
    data_map = read_data_map(path)
    assert data_map.sources or data_map.adam


def test_every_format_has_an_example():
    assert len(EXAMPLES) == 7
