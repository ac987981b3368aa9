-- The verified local copy of published content. Every row of entry is checked again at each reading.
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS feed (
  feed TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  link TEXT NOT NULL,
  highest INTEGER NOT NULL,     -- the most that was ever applied: never goes back, also when healed
  head_sequence INTEGER NOT NULL DEFAULT 0,
  head_at INTEGER NOT NULL DEFAULT 0,
  heard_at INTEGER NOT NULL DEFAULT 0   -- by this terminal's clock
) STRICT;
CREATE TABLE IF NOT EXISTS entry (
  row INTEGER PRIMARY KEY,
  record TEXT NOT NULL UNIQUE,
  feed TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,           -- document, item, programme; "" for a deleted record
  sorted_by TEXT NOT NULL,      -- newest first
  number TEXT NOT NULL DEFAULT '',
  line BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entry_newest ON entry (kind, sorted_by DESC, row DESC);
CREATE INDEX IF NOT EXISTS entry_number ON entry (number) WHERE number <> '';
CREATE TABLE IF NOT EXISTS suggestion (key TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS suggestion_row ON suggestion (row);
CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5 (
  title, body, pinyin, initials, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE IF NOT EXISTS term USING fts5vocab(search, row);
