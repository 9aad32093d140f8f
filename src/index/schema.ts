/**
 * The tables of an index shard. A migration is appended, never edited: a shard of any released version is brought up
 * step by step when it first wakes under new code.
 *
 * `version` has one row for each version of each object. Two partial indices split it: current versions, which plain
 * listings scan, and older ones, so that a bucket without versioning pays for one index only. Within a key a higher id
 * is newer. Long segment lists move from the row's own column to `segment`.
 * `closed` appendables take no more bytes.
 * `tail` has the last bytes of an appendable, behind its segments, until there are enough of them for a blob.
 * `blob` counts the holders of each blob; one that lost its last holder is due for deletion at `due`.
 *
 * `manifest` gives long segment lists an identity that is never used twice, so that a reader who goes through one page
 * by page keeps it: `segment.owner` is a manifest's id, and a manifest that no version uses any more is due at `due`.
 * `upload` and `part` are multipart uploads that are not completed yet. `lease` says which other shard holds a blob of
 * this one; `blob.lease` is, for a blob of another shard, the token of the lease that this shard has on it.
 * `fragmented` lists versions that compaction should look at, and how far it has come.
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
  `ALTER TABLE version ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
   DROP INDEX version_older;
   CREATE UNIQUE INDEX version_older ON version (key, id DESC) WHERE current = 0;
   CREATE UNIQUE INDEX version_named ON version (key, version) WHERE current = 0;
   CREATE TABLE tail (
     owner INTEGER PRIMARY KEY,
     bytes BLOB NOT NULL
   );`,

  // Multipart uploads, copies between shards, compaction.
  `CREATE TABLE manifest (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     due INTEGER
   );
   CREATE INDEX manifest_due ON manifest (due) WHERE due IS NOT NULL;
   ALTER TABLE version ADD COLUMN manifest INTEGER;
   CREATE TABLE upload (
     id INTEGER PRIMARY KEY,
     key TEXT NOT NULL,
     upload TEXT NOT NULL,
     initiated INTEGER NOT NULL,
     class TEXT NOT NULL,
     acl TEXT,
     meta TEXT NOT NULL,
     tags TEXT
   );
   CREATE UNIQUE INDEX upload_name ON upload (key, upload);
   CREATE TABLE part (
     upload INTEGER NOT NULL,
     number INTEGER NOT NULL,
     size INTEGER NOT NULL,
     etag TEXT NOT NULL,
     crc64 TEXT NOT NULL,
     modified INTEGER NOT NULL,
     segments TEXT NOT NULL,
     PRIMARY KEY (upload, number)
   ) WITHOUT ROWID;
   CREATE TABLE lease (
     blob TEXT NOT NULL,
     holder TEXT NOT NULL,
     token INTEGER NOT NULL,
     ask INTEGER NOT NULL,
     PRIMARY KEY (blob, holder)
   ) WITHOUT ROWID;
   CREATE INDEX lease_ask ON lease (ask);
   ALTER TABLE blob ADD COLUMN lease INTEGER;
   CREATE TABLE fragmented (
     version INTEGER PRIMARY KEY,
     due INTEGER NOT NULL,
     source INTEGER,
     target INTEGER,
     covered INTEGER NOT NULL DEFAULT 0
   );
   CREATE INDEX fragmented_due ON fragmented (due);`,

  // Encryption at rest: what clients are told of it.
  `ALTER TABLE version ADD COLUMN cipher TEXT;
   ALTER TABLE upload ADD COLUMN cipher TEXT;`,
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
