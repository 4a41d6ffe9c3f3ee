"""Names with brackets, as Rails reads them (`poll[options][]=a`), to a tree of dicts and lists."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from parley.kit.errors import BadRequest, Invalid
from parley.mastodon_api.shapes import Repeated

PARAMETERS_MAX = 1000
DEPTH_MAX = 5


def pairs_of(encoded: bytes) -> list[tuple[str, str]]:
    """A query string, or a body in its form, to (name, value) pairs."""
    if not encoded:
        return []
    if encoded.count(b"&") >= PARAMETERS_MAX:
        raise too_many()
    # Many clients encode the brackets, and nothing else; the same bytes come of it, sooner.
    if b"%5" in encoded:
        encoded = encoded.replace(b"%5B", b"[").replace(b"%5D", b"]")
    try:
        pairs = [piece.partition("=") for piece in encoded.decode().split("&") if piece]
        return [(_unquote(name), _unquote(value)) for name, _, value in pairs]
    except UnicodeDecodeError:
        raise Invalid("Validation failed: the parameters are not valid UTF-8 text") from None


def _unquote(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def tree_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if "[" in name:
            # Mastodon.py puts brackets behind names that bear them already; there are no lists of lists.
            while name.endswith("[][]"):
                name = name[:-2]  # noqa: PLW2901 - the same name, as it was meant
            # The usual `id[]=1&id[]=2`, from its second value on.
            known = tree.get(name[:-2]) if name.endswith("[]") else None
            if type(known) is list:
                known.append(value)
            else:
                _put(tree, _path_of(name), value)
        elif name in tree:
            _put_leaf(tree, name, value)
        else:
            tree[name] = value
    return tree


def too_many() -> Invalid:
    return Invalid(f"Validation failed: there are too many parameters (maximum is {PARAMETERS_MAX})")


def too_deep() -> Invalid:
    return Invalid(f"Validation failed: the parameters are nested too deeply (maximum is {DEPTH_MAX} levels)")


def _path_of(name: str) -> list[str]:
    """`a[b][]` to ["a", "b", ""]; a name whose brackets don't match is just a name."""
    head, _, rest = name.partition("[")
    if not head or not rest.endswith("]"):
        return [name]
    path = [head, *rest[:-1].split("][", DEPTH_MAX)]
    if len(path) > DEPTH_MAX:
        raise too_deep()
    return [name] if any("[" in part or "]" in part for part in path) else path


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    node: Any = tree
    for depth in range(len(path) - 1):
        node = _child(node, path[depth], path[depth + 1 :])
    if isinstance(node, list):
        node.append(value)
    else:
        _put_leaf(node, path[-1], value)


def _child(node: Any, key: str, rest: list[str]) -> Any:
    """The container under `key`, made where it is missing: a list if the next brackets are empty, else a dict."""
    wanted = list if rest[0] == "" else dict
    if isinstance(node, list):
        # `a[][x]=1&a[][y]=2` is one element, until a name comes again.
        last = node[-1] if node else None
        if wanted is list or not isinstance(last, dict) or _holds(last, rest):
            node.append(wanted())
        return node[-1]
    child = node.get(key)
    if child is None:
        child = node[key] = wanted()
    elif wanted is list and not isinstance(child, list | dict):
        child = node[key] = [child]
    if not isinstance(child, wanted):
        raise _mixed(key)
    return child


def _holds(element: Any, path: list[str]) -> bool:
    for key in path:
        if key == "" or not isinstance(element, dict) or key not in element:
            return False
        element = element[key]
    return True


def _put_leaf(node: dict[str, Any], key: str, value: Any) -> None:
    if key not in node:
        node[key] = value
        return
    known = node[key]
    if isinstance(known, dict):
        raise _mixed(key)
    if isinstance(known, list):
        known.append(value)
    else:
        node[key] = Repeated([known, value])


def _mixed(key: str) -> BadRequest:
    return BadRequest(f"The parameter {key[:100]} is given in two forms that don't fit together")
