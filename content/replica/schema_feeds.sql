-- What a terminal knows of its feeds beside their records.
CREATE TABLE IF NOT EXISTS dictionary (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS feed_said (
  feed TEXT PRIMARY KEY,
  head BLOB NOT NULL DEFAULT x'',   -- the newest signed head, as it came
  link BLOB NOT NULL DEFAULT x'',   -- the last applied link with its signature
  link_at INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Two things that the log key signed and that cannot both be true: kept for whoever looks into it.
CREATE TABLE IF NOT EXISTS evidence (
  feed TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  ours BLOB NOT NULL,
  theirs BLOB NOT NULL,
  noted_at INTEGER NOT NULL,
  PRIMARY KEY (feed, sequence, theirs)
) STRICT;
