from collections import Counter

import pytest

from bench.wire import ROUND_TRIPS, Conversation, label


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (4 + len(body)).to_bytes(4) + body


PARSE = message(b"P", b"s1\0SELECT id FROM job\0\0\0")
BIND = message(b"B", b"\0s1\0\0\0\0\0\0\0")
EXECUTE = message(b"E", b"\0\0\0\0\0")
SYNC = message(b"S", b"")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('SELECT "job"."id" FROM "job" WHERE 1', "SELECT job"),
        ("BEGIN", "BEGIN"),
        ("INSERT  INTO job (id)\nVALUES (1)", "INSERT INTO job"),
        ("UPDATE job SET a = 1 FROM job_exe", "UPDATE job"),
        ("SELECT id FROM job FOR UPDATE OF job", "SELECT job"),
        ("SELECT id FROM job FOR NO KEY UPDATE SKIP LOCKED", "SELECT job"),
        ("INSERT INTO a VALUES (1) ON CONFLICT DO UPDATE SET b = 1", "INSERT INTO a"),
        (
            "WITH x AS (UPDATE job_exe SET a = 1 RETURNING id), y AS (DELETE FROM log)"
            " UPDATE job SET b = 2 FROM x",
            "UPDATE job_exe, DELETE FROM log, UPDATE job",
        ),
        ("WITH x AS (SELECT 1 FROM node) SELECT * FROM x", "SELECT node"),
        ("SELECT pg_advisory_xact_lock($1)", "SELECT pg_advisory_xact_lock($1)"),
    ],
)
def test_label_says_what_happens_to_which_tables(query, said):
    assert label(query) == said


def test_prepared_statement_counts_each_time_it_is_executed():
    counts: Counter[str] = Counter()

    Conversation(counts).feed(PARSE + (BIND + EXECUTE + SYNC) * 3)

    assert counts == {"SELECT job": 3, ROUND_TRIPS: 3}


def test_pipelined_statements_share_a_round_trip():
    counts: Counter[str] = Counter()

    Conversation(counts).feed(PARSE + (BIND + EXECUTE) * 3 + SYNC)

    assert counts == {"SELECT job": 3, ROUND_TRIPS: 1}


def test_messages_may_arrive_in_any_pieces():
    counts: Counter[str] = Counter()
    conversation = Conversation(counts)

    for byte in PARSE + BIND + EXECUTE + SYNC + message(b"Q", b"COMMIT\0"):
        conversation.feed(bytes([byte]))

    assert counts == {"SELECT job": 1, "COMMIT": 1, ROUND_TRIPS: 2}
