"""Settings: what is taken, and that a wrong value is one line that names the setting."""

from pathlib import Path

import pytest

from parley.kit.config import Settings, SettingsError, load_settings


def settings_of(tmp_path: Path, **environment: str) -> Settings:
    return load_settings(environment, tmp_path)


@pytest.mark.parametrize(
    ("url", "domain", "secure"),
    [
        ("https://social.test", "social.test", True),
        ("http://localhost:3000", "localhost:3000", False),
        ("https://xn--mnchen-3ya.test:8443", "xn--mnchen-3ya.test:8443", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("http://[::1]:8000", "[::1]:8000", False),
    ],
)
def test_a_public_address_names_the_domain(tmp_path: Path, url: str, domain: str, *, secure: bool) -> None:
    settings = settings_of(tmp_path, PARLEY_URL=url)
    assert (settings.base_url, settings.domain, settings.secure) == (url, domain, secure)


@pytest.mark.parametrize(
    "url",
    [
        "social.test", "https://", "https://social.test/", "https://social.test/path", "https://social.test?",
        "https://social.test#top", "https://social .test", "https://me@social.test", "https://social.test:99999",
        "https://[::1", "HTTPS://social.test", "https://Social.test", "ftp://social.test", "https://a.test\n",
    ],
)  # fmt: skip
def test_what_is_no_public_address_is_refused_by_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match=r"^url: .* must look like https://social\.example") as refusal:
        settings_of(tmp_path, PARLEY_URL=url)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PARLEY_PORT", "abc", "PARLEY_PORT: 'abc' is not a whole number"),
        ("PARLEY_PORT", "0", "port: 0 must lie between 1 and 65535"),
        ("PARLEY_FILM_WORK_SECONDS_MAX", "0", "film_work_seconds_max: 0 must lie between 1 and 86400"),
        ("PARLEY_REGISTRATIONS", "maybe", "registrations: 'maybe' must be one of open, approval, closed"),
        ("PARLEY_CONFIRM_EMAIL", "perhaps", "PARLEY_CONFIRM_EMAIL: 'perhaps' is neither on nor off"),
        ("PARLEY_PROT", "1", "PARLEY_PROT: there is no such setting"),
        ("DATABASE_URL", "mysql://me:secret@x", "database_url: its value must start with postgresql://"),
    ],
)
def test_a_wrong_value_is_one_line(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings_of(tmp_path, **{variable: value})
    assert str(refusal.value) == sentence


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text('title = "Ours"\nport = 8100\n', encoding="utf-8")
    settings = settings_of(tmp_path, PARLEY_PORT="8200")
    assert (settings.title, settings.port) == ("Ours", 8200)
