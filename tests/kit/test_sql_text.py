import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.sql_text import split_statements

# Pieces that hold a semicolon, or half a quote, where it means nothing.
_PIECES = [
    "select 1",
    "'it''s; so'",
    "E'a\\';'",
    '"odd;name"',
    "$$ ; ' $$",
    "$body$ $$ ; $body$",
    "a$b$c",
    "type'x;\\'",
    "-- no; '\n",
    "/* ; /* ' */ ; */",
    "::text",
]


@given(st.lists(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=5), max_size=5))
def test_statements_come_back_as_they_were_written(pieces):
    statements = [" ".join(["begin", *each, "end"]) for each in pieces]
    assert split_statements(";\n".join([*statements, ""])) == statements


def test_comments_before_a_statement_and_empty_statements_are_left_out():
    sql = "-- one; two\n/* three; */ select 1; ;\n-- four\n;\n-- the end; "
    assert split_statements(sql) == ["select 1"]


@pytest.mark.parametrize(
    "sql", ["select 'a", 'select "a', "select $$ a", "select $a$ $b$", "/* /* */", "E'\\'"]
)
def test_what_is_left_open_is_refused(sql):
    with pytest.raises(ValueError, match=r"line 3: a (quote|comment) is left open"):
        split_statements(f"\n;\n{sql};\n")
