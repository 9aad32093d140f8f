/**
 * The tables of an index shard. A migration is appended, never edited: a shard of any released version is brought up
 * step by step when it first wakes under new code.
 *
 * `version` has one row for each version of each object. Two partial indices split it: current versions, which plain
 * listings scan, and older ones, so that a bucket without versioning pays for one index only. Within a key a higher id
 * is newer. Long segment lists move from the row's own column to `segment`.
 * `blob` counts the holders of each blob; one that lost its last holder is due for deletion at `due`.
 */
const migrations: readonly string[] = [
  `CREATE TABLE version (
     id INTEGER PRIMARY KEY,
     key TEXT NOT NULL,
     version TEXT NOT NULL,
     current INTEGER NOT NULL,
     kind TEXT NOT NULL,
     size INTEGER NOT NULL,
     etag TEXT NOT NULL,
     crc64 TEXT,
     modified INTEGER NOT NULL,
     class TEXT NOT NULL,
     acl TEXT,
     meta TEXT NOT NULL,
     tags TEXT,
     link TEXT,
     restore TEXT,
     segments TEXT,
     inline BLOB
   );
   CREATE UNIQUE INDEX version_current ON version (key) WHERE current = 1;
   CREATE UNIQUE INDEX version_older ON version (key, id) WHERE current = 0;
   CREATE TABLE segment (
     owner INTEGER NOT NULL,
     start INTEGER NOT NULL,
     blob TEXT NOT NULL,
     offset INTEGER NOT NULL,
     length INTEGER NOT NULL,
     crc64 TEXT NOT NULL,
     PRIMARY KEY (owner, start)
   ) WITHOUT ROWID;
   CREATE TABLE blob (
     name TEXT PRIMARY KEY,
     holders INTEGER NOT NULL,
     due INTEGER
   ) WITHOUT ROWID;
   CREATE INDEX blob_due ON blob (due) WHERE due IS NOT NULL;`,

  // Encryption at rest: what clients are told of it.
  `ALTER TABLE version ADD COLUMN cipher TEXT;`,
];

/** Brings a shard's tables up to date. The version is stored beside them, in the same transaction as the change. */
export function migrate(storage: DurableObjectStorage): void {
  const done = storage.kv.get<number>('schema') ?? 0;
  if (done === migrations.length) return;
  if (done > migrations.length) throw new Error(`index shard has schema ${done}, this code knows ${migrations.length}`);
  storage.transactionSync(() => {
    for (const migration of migrations.slice(done)) storage.sql.exec(migration);
    storage.kv.put('schema', migrations.length);
  });
}
