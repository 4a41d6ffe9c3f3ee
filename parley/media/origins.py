"""Where files are served from, by the server's own address: told once when a process starts."""

_origins: dict[str, str] = {}


def serve_files_from(base_url: str, files_url: str) -> None:
    _origins[base_url] = files_url


def files_url(base_url: str) -> str:
    """The origin of every file's address; the server's own unless another was told."""
    return _origins.get(base_url, base_url)
