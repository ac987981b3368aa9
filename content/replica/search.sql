-- What the search keeps beside its FTS5 table: written and removed in the transaction that writes the entry.
CREATE TABLE IF NOT EXISTS bag (
  row INTEGER PRIMARY KEY,      -- of entry
  record TEXT NOT NULL,
  kind TEXT NOT NULL,
  region TEXT NOT NULL,
  title TEXT NOT NULL,          -- in normal form
  family TEXT NOT NULL,         -- the title without its article number
  expired INTEGER NOT NULL,
  length INTEGER NOT NULL,      -- terms of title and body
  terms BLOB NOT NULL           -- content.search.bags
) STRICT;
CREATE INDEX IF NOT EXISTS bag_record ON bag (record);
CREATE TABLE IF NOT EXISTS plain (
  row INTEGER PRIMARY KEY,      -- of entry; long texts only
  text BLOB NOT NULL            -- content.search.closeness
) STRICT;
CREATE TABLE IF NOT EXISTS corpus (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  records INTEGER NOT NULL,
  length INTEGER NOT NULL,
  changes INTEGER NOT NULL      -- grows with every change of a vector
) STRICT;
INSERT OR IGNORE INTO corpus VALUES (1, 0, 0, 0);
CREATE TABLE IF NOT EXISTS vector (
  row INTEGER NOT NULL,
  model TEXT NOT NULL,          -- which model made it; another model's vectors are not comparable
  code BLOB NOT NULL,           -- content.search.vectors
  PRIMARY KEY (model, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS vector_row ON vector (row);
