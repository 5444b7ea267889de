"""What format 1.0 defined in another way than the present one, so that its files can be verified and taken further."""

from __future__ import annotations

CHANGED = """
CREATE TABLE batch (
    id              INTEGER PRIMARY KEY,
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    loader          TEXT NOT NULL CHECK (typeof(loader) = 'text'),
    epoch           INTEGER NOT NULL CHECK (typeof(epoch) = 'integer'),
    step            INTEGER NOT NULL CHECK (typeof(step) = 'integer'),
    count           INTEGER NOT NULL CHECK (typeof(count) = 'integer' AND count >= 0),
    size            INTEGER NOT NULL CHECK (typeof(size) = 'integer' AND size >= 0),
    root            BLOB NOT NULL CHECK (typeof(root) = 'blob' AND length(root) = 32),
    runs            TEXT NOT NULL CHECK (typeof(runs) = 'text'),
    indices         BLOB CHECK (typeof(indices) IN ('blob', 'null')),
    keys            TEXT CHECK (typeof(keys) IN ('text', 'null')),
    fingerprints    BLOB NOT NULL CHECK (typeof(fingerprints) = 'blob' AND length(fingerprints) = 32 * count),
    UNIQUE (session, sequence)
);

CREATE VIEW observations AS
    WITH RECURSIVE place (batch, position, count) AS (
        SELECT id, 0, count FROM batch WHERE count > 0
        UNION ALL
        SELECT batch, position + 1, count FROM place WHERE position + 1 < count
    ), run AS (
        SELECT batch.id AS batch, json_extract(value, '$[0]') AS kind,
            json_extract(value, '$[1]') AS source, json_extract(value, '$[2]') AS until,
            lag(json_extract(value, '$[2]'), 1, 0) OVER (PARTITION BY batch.id ORDER BY key) AS since
        FROM batch, json_each(batch.runs)
    )
    SELECT session.session_id, batch.sequence, batch.loader, batch.epoch, batch.step, place.position,
        lower(hex(substr(batch.fingerprints, 32 * place.position + 1, 32))) AS fingerprint,
        CASE run.kind WHEN 1 THEN 'bytes' WHEN 2 THEN 'text' WHEN 3 THEN 'value' ELSE 'unfingerprintable' END AS kind,
        source.source_id, source.license_id,
        nullif((
            WITH RECURSIVE digit (n, total) AS (
                SELECT 0, 0
                UNION ALL
                SELECT n + 1, total * 16 + instr('123456789ABCDEF', substr(hex(substr(batch.indices,
                    length(batch.indices) / batch.count * place.position + 1,
                    length(batch.indices) / batch.count)), n + 1, 1))
                FROM digit WHERE n < 2 * length(batch.indices) / batch.count
            )
            SELECT total FROM digit ORDER BY n DESC LIMIT 1
        ), 0) - 1 AS "index",
        json_extract(batch.keys, '$[' || place.position || ']') AS key
    FROM place
        JOIN batch ON batch.id = place.batch
        JOIN session ON session.id = batch.session
        JOIN run ON run.batch = batch.id AND place.position >= run.since AND place.position < run.until
        JOIN session_source ON session_source.session = batch.session AND session_source.sequence = run.source
        JOIN source ON source.id = session_source.source;

CREATE VIEW samples AS
    SELECT fingerprint, count(*) AS observations, count(DISTINCT session_id) AS sessions,
        count(DISTINCT source_id) AS sources
    FROM observations WHERE kind <> 'unfingerprintable' GROUP BY fingerprint;
"""

ADDED = ("items", "used", "note", "sealed_set", "uses", "notes")
"""The tables and views that it did not have."""
