"""The one place where the tables are defined. docs/architecture.md and the check for foreign objects derive from it.

Versions of the format (`PRAGMA user_version` is major * 1000 + minor; a newer major is refused, a newer minor is
read-only):

    1.0   first release
    1.1   observations by index, which have no fingerprint; `items`, `used`, `note` and `sealed_set`
"""

from __future__ import annotations

APPLICATION_ID = 0x4F524731
"""`PRAGMA application_id`: "ORG1"."""

MAJOR, MINOR = 1, 1
VERSION = MAJOR * 1000 + MINOR

SCHEMA = """
-- One row of facts about the file itself: key_id names the key of keyed fingerprints, NULL without one.
CREATE TABLE file (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    created_at      INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    origin_version  TEXT NOT NULL CHECK (typeof(origin_version) = 'text'),
    key_id          TEXT CHECK (typeof(key_id) IN ('text', 'null'))
);

-- A session's first entry (sequence 0), and its head: `size` entries whose tree has the right-hand edge `frontier`.
-- `writer` names the process that records, while it lives; it is no part of the record.
CREATE TABLE session (
    id              INTEGER PRIMARY KEY,
    session_id      TEXT NOT NULL UNIQUE CHECK (typeof(session_id) = 'text'),
    config_hash     TEXT NOT NULL CHECK (typeof(config_hash) = 'text'),
    metadata        TEXT NOT NULL CHECK (typeof(metadata) = 'text'),
    run_id          TEXT CHECK (typeof(run_id) IN ('text', 'null')),
    rank            INTEGER CHECK (typeof(rank) IN ('integer', 'null')),
    world_size      INTEGER CHECK (typeof(world_size) IN ('integer', 'null')),
    started_at      INTEGER NOT NULL CHECK (typeof(started_at) = 'integer'),
    origin_version  TEXT NOT NULL CHECK (typeof(origin_version) = 'text'),
    key_id          TEXT CHECK (typeof(key_id) IN ('text', 'null')),
    size            INTEGER NOT NULL CHECK (typeof(size) = 'integer' AND size > 0),
    frontier        BLOB NOT NULL CHECK (typeof(frontier) = 'blob' AND length(frontier) % 32 = 0),
    writer          TEXT
);

-- Declarations of sources. Rows are never updated: a changed declaration is a new row under a new digest.
CREATE TABLE source (
    id              INTEGER PRIMARY KEY,
    digest          BLOB NOT NULL UNIQUE CHECK (typeof(digest) = 'blob' AND length(digest) = 32),
    source_id       TEXT NOT NULL CHECK (typeof(source_id) = 'text'),
    license_id      TEXT CHECK (typeof(license_id) IN ('text', 'null')),
    uri             TEXT CHECK (typeof(uri) IN ('text', 'null')),
    category        TEXT CHECK (typeof(category) IN ('text', 'null')),
    revision        TEXT CHECK (typeof(revision) IN ('text', 'null')),
    owner           TEXT CHECK (typeof(owner) IN ('text', 'null')),
    acquired_at     TEXT CHECK (typeof(acquired_at) IN ('text', 'null')),
    metadata        TEXT NOT NULL CHECK (typeof(metadata) = 'text'),
    claims          TEXT NOT NULL CHECK (typeof(claims) = 'text')
);
CREATE INDEX source_by_name ON source (source_id);

-- Log entry: from here on the session's observations may refer to the source by `sequence`.
CREATE TABLE session_source (
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    source          INTEGER NOT NULL REFERENCES source (id),
    PRIMARY KEY (session, sequence)
) WITHOUT ROWID;

-- Log entry: one batch, as the loop received it. `runs` is JSON [[kind, sequence of the source, end position], ...];
-- `indices` holds index + 1 (0: not known) in equal big-endian widths; `keys` is a JSON list of the samples' keys.
-- `fingerprints` are 32 bytes an observation, none for those of kind 4, which are known by source and index alone; for
-- those of kind 5, whose fingerprint was erased, the hash of their leaf.
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
    fingerprints    BLOB NOT NULL CHECK (typeof(fingerprints) = 'blob' AND length(fingerprints) <= 32 * count),
    UNIQUE (session, sequence)
);

-- Log entry: items of sources that were fingerprinted once, not for each batch; columns as in `batch`. `role` is
-- 'sample' where they are the samples that batches name by index, 'raw' where batches hold what became of them.
CREATE TABLE items (
    id              INTEGER PRIMARY KEY,
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    role            TEXT NOT NULL CHECK (role IN ('sample', 'raw')),
    count           INTEGER NOT NULL CHECK (typeof(count) = 'integer' AND count >= 0),
    size            INTEGER NOT NULL CHECK (typeof(size) = 'integer' AND size >= 0),
    root            BLOB NOT NULL CHECK (typeof(root) = 'blob' AND length(root) = 32),
    runs            TEXT NOT NULL CHECK (typeof(runs) = 'text'),
    indices         BLOB NOT NULL CHECK (typeof(indices) = 'blob'),
    fingerprints    BLOB NOT NULL CHECK (typeof(fingerprints) = 'blob' AND length(fingerprints) = 32 * count),
    UNIQUE (session, sequence)
);

-- Log entry: what became of the batches whose `step` is `first` to `last` in `loader`: `steps` optimizer steps closed
-- over them (trained), were not taken (skipped), or they were delivered for evaluation. `how` is the evidence.
CREATE TABLE used (
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    loader          TEXT NOT NULL CHECK (typeof(loader) = 'text'),
    first           INTEGER NOT NULL CHECK (typeof(first) = 'integer'),
    last            INTEGER NOT NULL CHECK (typeof(last) = 'integer' AND last >= first),
    use             TEXT NOT NULL CHECK (use IN ('trained', 'skipped', 'evaluated')),
    steps           INTEGER NOT NULL CHECK (typeof(steps) = 'integer'),
    how             TEXT NOT NULL CHECK (typeof(how) = 'text'),
    PRIMARY KEY (session, sequence)
) WITHOUT ROWID;

-- Log entry: something else that is known from here on, as JSON; `kind` says of what.
CREATE TABLE note (
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    kind            TEXT NOT NULL CHECK (typeof(kind) = 'text'),
    content         TEXT NOT NULL CHECK (typeof(content) = 'text'),
    PRIMARY KEY (session, sequence)
) WITHOUT ROWID;

-- Log entry: something was not recorded. NULL stands for a number that is not known.
CREATE TABLE gap (
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    reason          TEXT NOT NULL CHECK (typeof(reason) = 'text'),
    detail          TEXT NOT NULL CHECK (typeof(detail) = 'text'),
    batches         INTEGER NOT NULL CHECK (typeof(batches) = 'integer'),
    observations    INTEGER CHECK (typeof(observations) IN ('integer', 'null')),
    loader          TEXT CHECK (typeof(loader) IN ('text', 'null')),
    epoch           INTEGER CHECK (typeof(epoch) IN ('integer', 'null')),
    step            INTEGER CHECK (typeof(step) IN ('integer', 'null')),
    PRIMARY KEY (session, sequence)
) WITHOUT ROWID;

-- Log entry: the session's last, with the totals it closes over.
CREATE TABLE ending (
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    status          TEXT NOT NULL CHECK (status IN ('completed', 'failed', 'interrupted')),
    ended_at        INTEGER NOT NULL CHECK (typeof(ended_at) = 'integer'),
    batches         INTEGER NOT NULL CHECK (typeof(batches) = 'integer'),
    observations    INTEGER NOT NULL CHECK (typeof(observations) = 'integer'),
    gaps            INTEGER NOT NULL CHECK (typeof(gaps) = 'integer'),
    PRIMARY KEY (session)
) WITHOUT ROWID;

-- Derived when a session is sealed, so that a fingerprint is found without reading every batch: its sightings in
-- order, 11 bytes each (7 of the fingerprint, u32 sequence of the batch), in pages; `first` starts the page.
CREATE TABLE lookup (
    session         INTEGER NOT NULL REFERENCES session (id),
    page            INTEGER NOT NULL CHECK (typeof(page) = 'integer'),
    first           BLOB NOT NULL CHECK (typeof(first) = 'blob' AND length(first) = 7),
    sightings       BLOB NOT NULL CHECK (typeof(sightings) = 'blob' AND length(sightings) % 11 = 0),
    PRIMARY KEY (session, page)
) WITHOUT ROWID;

-- Derived with it: how many observations and distinct samples came from each source (0: from all sources together).
CREATE TABLE tally (
    session         INTEGER NOT NULL REFERENCES session (id),
    sequence        INTEGER NOT NULL CHECK (typeof(sequence) = 'integer'),
    observations    INTEGER NOT NULL CHECK (typeof(observations) = 'integer'),
    samples         INTEGER NOT NULL CHECK (typeof(samples) = 'integer'),
    PRIMARY KEY (session, sequence)
) WITHOUT ROWID;

-- Derived in the transaction that ends a session, and committed by its note of kind 'sealed set': the distinct
-- fingerprints in order, 128 in each page of level 0, as the places where they are kept: `content` holds the sequences
-- of their batches or items, `slots` the number of each among the fingerprints of that row, `counts` how often it was
-- observed (NULL where all are 1), each in equal big-endian widths. A page of level n + 1 holds the roots of 128 pages
-- of level n. Level -1 holds the edge of the session's tree before that note, so that note and end are proven without
-- reading the log.
CREATE TABLE sealed_set (
    session         INTEGER NOT NULL REFERENCES session (id),
    level           INTEGER NOT NULL CHECK (typeof(level) = 'integer'),
    page            INTEGER NOT NULL CHECK (typeof(page) = 'integer'),
    content         BLOB NOT NULL CHECK (typeof(content) = 'blob'),
    slots           BLOB CHECK (typeof(slots) IN ('blob', 'null')),
    counts          BLOB CHECK (typeof(counts) IN ('blob', 'null')),
    PRIMARY KEY (session, level, page)
) WITHOUT ROWID;

-- The record for ordinary tools: `sqlite3 provenance.db 'SELECT * FROM observations LIMIT 10'`.
CREATE VIEW sessions AS
    SELECT session.session_id, session.config_hash, session.run_id, session.rank, session.world_size,
        datetime(session.started_at / 1000000, 'unixepoch') AS started_at,
        coalesce(ending.status, 'not ended') AS status,
        datetime(ending.ended_at / 1000000, 'unixepoch') AS ended_at,
        session.metadata
    FROM session LEFT JOIN ending ON ending.session = session.id;

CREATE VIEW sources AS
    SELECT session.session_id, session_source.sequence, source.source_id, source.license_id, source.uri,
        source.category, source.revision, source.owner, source.acquired_at, source.metadata, source.claims,
        lower(hex(source.digest)) AS digest
    FROM session_source
        JOIN session ON session.id = session_source.session
        JOIN source ON source.id = session_source.source;

CREATE VIEW batches AS
    SELECT session.session_id, batch.sequence, batch.loader, batch.epoch, batch.step, batch.count, batch.size,
        lower(hex(batch.root)) AS root
    FROM batch JOIN session ON session.id = batch.session;

CREATE VIEW uses AS
    SELECT session.session_id, used.sequence, used.loader, used.first, used.last, used.use, used.steps, used.how
    FROM used JOIN session ON session.id = used.session;

CREATE VIEW notes AS
    SELECT session.session_id, note.sequence, note.kind, note.content
    FROM note JOIN session ON session.id = note.session;

CREATE VIEW observations AS
    WITH RECURSIVE place (batch, position, count) AS (
        SELECT id, 0, count FROM batch WHERE count > 0
        UNION ALL
        SELECT batch, position + 1, count FROM place WHERE position + 1 < count
    ), stored_run AS (
        SELECT batch.id AS batch, key, json_extract(value, '$[0]') AS kind,
            json_extract(value, '$[1]') AS source, json_extract(value, '$[2]') AS until,
            lag(json_extract(value, '$[2]'), 1, 0) OVER (PARTITION BY batch.id ORDER BY key) AS since
        FROM batch, json_each(batch.runs)
    ), run AS (
        SELECT batch, kind, source, since, until,
            coalesce(sum(CASE kind WHEN 4 THEN until - since ELSE 0 END) OVER (
                PARTITION BY batch ORDER BY key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0) AS omitted
        FROM stored_run
    )
    SELECT session.session_id, batch.sequence, batch.loader, batch.epoch, batch.step, place.position,
        CASE WHEN run.kind NOT IN (4, 5)
            THEN lower(hex(substr(batch.fingerprints, 32 * (place.position - run.omitted) + 1, 32)))
        END AS fingerprint,
        CASE run.kind WHEN 1 THEN 'bytes' WHEN 2 THEN 'text' WHEN 3 THEN 'value' WHEN 4 THEN 'by index'
            WHEN 5 THEN 'erased' ELSE 'unfingerprintable' END AS kind,
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
    FROM observations WHERE kind IN ('bytes', 'text', 'value') GROUP BY fingerprint;
"""
