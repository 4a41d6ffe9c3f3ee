"""Where files are served from, by the server's own address: told once when a process starts."""

_origins: dict[str, str] = {}


def serve_files_from(base_url: str, origin: str) -> None:
    """Pages name things of their own server without its address."""
    _origins[base_url] = origin
    _origins[""] = "" if origin == base_url else origin


def files_url(base_url: str) -> str:
    """The origin of every file's address; the server's own unless another was told."""
    return _origins.get(base_url, base_url)
