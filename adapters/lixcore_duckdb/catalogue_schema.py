"""The tables of a generation's catalogue."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x6C697861
VERSION: Final = 1

TABLES: Final = """
CREATE TABLE meta (
  analyzer TEXT NOT NULL,        -- the identity of what cut all texts
  hash_key BLOB NOT NULL,        -- what words are hashed with
  next_part INTEGER NOT NULL,
  unwiped INTEGER NOT NULL       -- whether removed texts may still stand in this file
) STRICT;

CREATE TABLE parts (
  part INTEGER PRIMARY KEY,
  messages INTEGER NOT NULL,     -- its rows, those that were forgotten included
  forgotten INTEGER NOT NULL     -- how many of these
) STRICT;

CREATE TABLE files (
  part INTEGER NOT NULL,
  kind TEXT NOT NULL,
  size INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (part, kind)
) STRICT, WITHOUT ROWID;

-- Where the rows of a tenant are, those that were forgotten included.
CREATE TABLE stretches (
  tenant BLOB NOT NULL,          -- the SHA-256 of its text
  part INTEGER NOT NULL,
  first INTEGER NOT NULL,
  stop INTEGER NOT NULL,         -- the row behind the last one
  PRIMARY KEY (tenant, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE totals (
  tenant BLOB PRIMARY KEY,
  messages INTEGER NOT NULL,
  words INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  session INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,   -- of the key, as `SessionKey.digest`
  tenant BLOB NOT NULL,
  id TEXT,                       -- NULL while it has no messages: of what was forgotten, no text remains
  messages INTEGER NOT NULL,
  words INTEGER NOT NULL,
  embeddings INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  forgotten_through INTEGER NOT NULL,
  lacks INTEGER NOT NULL
) STRICT;

-- Where the rows of a session are. Those before ``first`` were forgotten: positions ascend, so they are the first ones.
CREATE TABLE spans (
  session INTEGER NOT NULL,
  part INTEGER NOT NULL,
  start INTEGER NOT NULL,
  first INTEGER NOT NULL,
  stop INTEGER NOT NULL,
  PRIMARY KEY (session, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX rows_of_parts ON spans (part);
CREATE INDEX forgotten_rows ON spans (part, start) WHERE first > start;
"""
