/** The tables of the SQLite engine, version by version; docs/format.md describes them. */

/** SQL that brings a database from version `i` to `i + 1`; never changed once released. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE session(
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    product TEXT NOT NULL,
    version TEXT NOT NULL,
    machine_id TEXT,
    hostname TEXT,
    boot_id TEXT,
    agent_id TEXT,
    start_state TEXT NOT NULL
  );
  CREATE UNIQUE INDEX session_id ON session(id);
  CREATE INDEX session_machine ON session(machine_id, product) WHERE machine_id IS NOT NULL;

  CREATE TABLE status(
    session INTEGER PRIMARY KEY,
    lifecycle TEXT NOT NULL,
    special INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    patches INTEGER NOT NULL,
    events INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    skew_us INTEGER,
    journal_upto INTEGER NOT NULL,
    status TEXT NOT NULL
  );
  CREATE INDEX status_lifecycle ON status(lifecycle);
  CREATE INDEX status_plain ON status(session) WHERE special = 0;

  CREATE TABLE series(
    no INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    local INTEGER NOT NULL,
    key TEXT NOT NULL
  );
  CREATE UNIQUE INDEX series_session ON series(session, local);

  CREATE TABLE patch(
    session INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    patch TEXT NOT NULL,
    PRIMARY KEY(session, revision)
  ) WITHOUT ROWID;
  CREATE TABLE snapshot(
    session INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY(session, revision)
  ) WITHOUT ROWID;

  CREATE TABLE event(
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    level TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL
  );
  CREATE INDEX event_session ON event(session, at_us, id);

  CREATE TABLE times(
    id INTEGER PRIMARY KEY,
    refs INTEGER NOT NULL,
    data BLOB NOT NULL
  );
  CREATE TABLE chunk(
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    times INTEGER NOT NULL,
    n INTEGER NOT NULL,
    t_min INTEGER NOT NULL,
    t_max INTEGER NOT NULL,
    summary BLOB NOT NULL,
    data BLOB NOT NULL,
    details BLOB
  );
  CREATE UNIQUE INDEX chunk_series ON chunk(series, ordinal);

  CREATE TABLE journal(
    id INTEGER PRIMARY KEY,
    touch BLOB NOT NULL,
    samples INTEGER NOT NULL,
    frame BLOB
  );
  CREATE TABLE seal(
    one INTEGER PRIMARY KEY CHECK(one = 1),
    upto INTEGER NOT NULL,
    session INTEGER NOT NULL,
    series INTEGER NOT NULL
  );
  INSERT INTO seal VALUES(1, 0, 0, 0);

  CREATE TABLE spool(
    id TEXT PRIMARY KEY,
    floor INTEGER NOT NULL,
    ahead TEXT NOT NULL,
    updated_us INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE once(
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    reply TEXT NOT NULL,
    created_us INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX once_created ON once(created_us);

  CREATE TABLE doomed(session INTEGER PRIMARY KEY);
  CREATE TABLE quarantine(
    id INTEGER PRIMARY KEY,
    found_us INTEGER NOT NULL,
    what TEXT NOT NULL,
    place TEXT NOT NULL,
    session TEXT,
    problem TEXT NOT NULL,
    UNIQUE(what, place)
  );
  `,
  // 2: a number that grows with every change of a session, so that an index can follow; tokens.
  `
  ALTER TABLE status ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
  UPDATE status SET rev = session;
  CREATE INDEX status_rev ON status(rev);
  CREATE TABLE gone(rev INTEGER PRIMARY KEY, session INTEGER NOT NULL);

  DROP INDEX event_session;
  CREATE INDEX event_session ON event(session, at_us, seq, level, name);
  CREATE INDEX event_severe ON event(session, at_us, seq, level)
    WHERE level IN ('error', 'critical');
  CREATE INDEX event_signal ON event(session, at_us, seq, name)
    WHERE name IN ('application_appears_hung', 'application_recovered',
      'session_crashed_detected', 'session_resumed');

  CREATE TABLE token(
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER,
    used_us INTEGER
  ) WITHOUT ROWID;
  `,
  // 3: webhooks.
  `
  CREATE TABLE webhook(
    id TEXT PRIMARY KEY,
    created_us INTEGER NOT NULL,
    rule TEXT NOT NULL,
    progress TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE notice(
    id TEXT PRIMARY KEY,
    webhook TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    due_us INTEGER,
    holder TEXT,
    held_until_us INTEGER,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX notice_webhook ON notice(webhook, created_us);
  CREATE INDEX notice_due ON notice(due_us) WHERE due_us IS NOT NULL;
  `,
];
