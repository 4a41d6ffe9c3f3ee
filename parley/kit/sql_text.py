"""Splits a file of SQL into its statements, minding quotes, dollar quotes and comments."""

import re

_SKIPPED = re.compile(
    r"""
      --[^\n]*
    | [eE]'(?:[^'\\]|''|\\.)*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?P=dollar)
    """,
    re.VERBOSE | re.DOTALL,
)
# An identifier is passed over whole: neither its $ nor its last e opens a quote.
_WORD = re.compile(r"[A-Za-z_][\w$]*")
_QUOTE = re.compile(r"""[eE]?'|"|\$(?:[A-Za-z_]\w*)?\$""")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def split_statements(sql: str) -> list[str]:
    """The statements in order, without their semicolons and without the comments before them.

    Raises ValueError when a quote or a comment is left open.
    """
    statements = []
    start = position = 0
    while position < len(sql):
        if sql[position] == ";":
            statements.append(sql[start:position])
            position += 1
            start = position
        else:
            position = _after_token(sql, position)
    statements.append(sql[start:])
    return [text for statement in statements if (text := _without_leading_comments(statement))]


def _after_token(sql: str, position: int) -> int:
    if sql.startswith("/*", position):
        return _after_block_comment(sql, position)
    if found := _SKIPPED.match(sql, position):
        return found.end()
    if _QUOTE.match(sql, position):
        raise ValueError(f"line {_line(sql, position)}: a quote is left open")
    found = _WORD.match(sql, position)
    return found.end() if found else position + 1


def _after_block_comment(sql: str, position: int) -> int:
    """Block comments nest in PostgreSQL."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, position):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise ValueError(f"line {_line(sql, position)}: a comment is left open")


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1


def _without_leading_comments(statement: str) -> str:
    rest = statement.strip()
    while rest.startswith(("--", "/*")):
        end = _after_block_comment(rest, 0) if rest.startswith("/*") else rest.find("\n") + 1 or len(rest)
        rest = rest[end:].strip()
    return rest
