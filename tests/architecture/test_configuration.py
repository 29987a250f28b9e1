import runpy

import pytest

from scale import env as reader
from scale.conf import Conf
from tests.architecture.source import DOCS, ROOT, SERVED, modules, table

PAGE = DOCS / "configuration.md"
HEADINGS = [
    "## Required in production",
    "## Web and access",
    "## Dispatch",
    "## Running jobs",
    "## Worker hosts",
    "## Timetable and retention",
]
#: Used through the environment, by what starts before the settings are read.
USED_EARLY = {"worker_concurrency": "workers/__main__.py"}


class Recorder(reader.Env):
    """Reads an environment with nothing but a secret, and notes what is asked for."""

    settings: dict[str, tuple[str, str]]

    def __init__(self):
        super().__init__({"SCALE_SECRET_KEY": "x" * 50})
        self.settings = {}
        type(self).latest = self

    def text(self, name, default="", *, choices=()):
        kind = " or ".join(f"`{choice}`" for choice in choices).replace(
            " or ", ", ", max(0, len(choices) - 2)
        )
        self.settings[name] = (kind or "text", default)
        return super().text(name, default, choices=choices)

    def flag(self, name, *, default):
        self.settings[name] = ("switch", str(default).lower())
        return super().flag(name, default=default)

    def integer(self, name, default, *, least=0):
        self.settings[name] = (f"whole number ≥ {least}", str(default))
        return super().integer(name, default, least=least)

    def number(self, name, default, *, least=0.0):
        self.settings[name] = (f"number ≥ {least:g}", str(default))
        return super().number(name, default, least=least)

    def words(self, name, default=()):
        self.settings.setdefault(name, ("list", ",".join(default)))
        return super().words(name, default)

    def integers(self, name, default=()):
        self.settings[name] = ("list of whole numbers", ",".join(map(str, default)))
        return super().integers(name, default)


@pytest.fixture
def settings_read(monkeypatch):
    """Return every variable that the settings read, with its type and its default."""
    monkeypatch.setattr(reader, "Env", Recorder)
    runpy.run_path(str(ROOT / "scale" / "settings.py"))
    return Recorder.latest.settings


def rows():
    """Return the settings on the page as (variable, type, default)."""
    return [
        (name.strip("`"), kind, default)
        for heading in HEADINGS
        for name, kind, default, meaning in table(PAGE, heading)
        if meaning
    ]


def test_page_names_every_variable_once(settings_read):
    assert sorted(name for name, _, _ in rows()) == sorted(settings_read)


def test_page_gives_the_types(settings_read):
    assert {name: kind for name, kind, _ in rows()} == {
        name: kind for name, (kind, _) in settings_read.items()
    }


def test_page_gives_the_defaults(settings_read):
    given = {
        name: default.strip("`")
        for name, _, default in rows()
        if default.startswith("`") and default.endswith("`")
    }

    assert len(given) > 20
    assert given == {name: settings_read[name][1] for name in given}


def test_page_says_none_where_there_is_no_default(settings_read):
    for name, _, default in rows():
        if default == "none":
            assert settings_read[name][1] == ""


def test_known_variables_are_those_recorded(settings_read):
    assert Recorder.latest.known == set(settings_read)


def test_every_knob_is_used():
    code = "\n".join(module.text for module in modules(*SERVED) if module.path != "scale/conf.py")
    unused = {name for name in Conf.__dataclass_fields__ if f".{name}" not in code}

    assert unused - USED_EARLY.keys() - {"lane"} == set()
    for name, path in USED_EARLY.items():
        assert f"SCALE_{name.upper()}" in (ROOT / path).read_text("utf-8")
