import { DurableObject } from 'cloudflare:workers';
import { CipherStore } from '../blob/cipher-store.ts';
import { readMasterKeys } from '../blob/master-keys.ts';
import { R2BlobStore } from '../blob/store.ts';
import type { AppendCommand, AppendReply } from './append-records.ts';
import { AppendTable } from './appends.ts';
import { BlobLedger, isTooOldToCommit, ORPHAN_MS } from './blobs.ts';
import { Caretaker } from './caretaker.ts';
import { DirectoryTable } from './directories.ts';
import type { DirectoryCommand, PruneCommand, RenameCommand, TreeCommand, TreePage } from './directory-records.ts';
import { DirectoryTree } from './directory-tree.ts';
import { FlightBook, type FlightEnd, type FlightReply } from './flights.ts';
import { areInForce, type Claim, LeaseBook } from './leases.ts';
import { listPage } from './listing.ts';
import { shardName } from './names.ts';
import { ObjectTable } from './objects.ts';
import type {
  AclCommand,
  Answer,
  Call,
  Lease,
  ListCommand,
  ListPage,
  ObjectAddress,
  PutCommand,
  PutReply,
  ReadCommand,
  ReadReply,
  Rejection,
  RemoveCommand,
  Removed,
  Segment,
  SegmentPage,
  SegmentPlace,
  ShardRules,
  StatReply,
  Tags,
  TagsCommand,
} from './records.ts';
import { Refused } from './refused.ts';
import { RestorationTable } from './restorations.ts';
import type { CleanReply, RestoreCommand, RestoreReply } from './restore.ts';
import { migrate } from './schema.ts';
import { Statistician } from './stat.ts';
import { namedStub } from './stub.ts';
import { uploadsPage } from './upload-listing.ts';
import type {
  AbortCommand,
  CompleteCommand,
  CompleteReply,
  InitiateCommand,
  ListPartsCommand,
  ListUploadsCommand,
  PartsPage,
  PutPartCommand,
  UploadHead,
  UploadsPage,
} from './upload-records.ts';
import { UploadTable } from './uploads.ts';
import { versionPage } from './version-listing.ts';
import type { VersionListCommand, VersionListPage } from './version-records.ts';
import { VersionStore } from './version-store.ts';

/** What a shard is, from its opening to its retirement. */
interface Role {
  readonly bucket: string;
  readonly shard: number;
  readonly epoch: number;
  /** Newest configuration version that the bucket told. */
  readonly config: number;
  /** What that version says of every change. */
  readonly rules: ShardRules;
  /** `sealed`: the bucket is being deleted. `retired`: it is; only garbage is left to collect. */
  readonly state: 'open' | 'sealed' | 'retired';
  /** When it was retired, ms. */
  readonly retired?: number;
}

/** A retired shard stays so long that its last sweep has seen every blob that was being written when it was retired. */
const RETIRED_MS = ORPHAN_MS + 24 * 3_600_000;

/** One shard of a bucket's object index. Which object exists is decided here and nowhere else. */
export class IndexShard extends DurableObject<Env> {
  readonly #storage: DurableObjectStorage;
  readonly #ledger: BlobLedger;
  readonly #versions: VersionStore;
  readonly #objects: ObjectTable;
  readonly #appends: AppendTable;
  readonly #restorations: RestorationTable;
  readonly #directories: DirectoryTable;
  readonly #uploads: UploadTable;
  readonly #statistician: Statistician;
  readonly #leases: LeaseBook;
  readonly #caretaker: Caretaker;
  readonly #flights = new FlightBook();
  #role: Role | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#storage = state.storage;
    this.#role = state.storage.kv.get<Role>('role');
    if (this.#role !== undefined) migrate(state.storage);
    this.#ledger = new BlobLedger(state.storage.sql);
    this.#versions = new VersionStore(state.storage.sql, this.#ledger, () => this.#rules);
    this.#objects = new ObjectTable(state.storage.sql, this.#versions, this.#ledger);
    this.#appends = new AppendTable(this.#versions, this.#ledger);
    this.#restorations = new RestorationTable(state.storage.sql, this.#versions);
    this.#directories = new DirectoryTable(state.storage.sql, this.#versions, new DirectoryTree(state.storage.sql));
    this.#uploads = new UploadTable(state.storage.sql, this.#ledger, this.#versions, this.#objects);
    this.#statistician = new Statistician(state.storage.sql);
    this.#leases = new LeaseBook(state.storage);
    const peers = (name: string) => namedStub(env.INDEX, name);
    const { ring } = readMasterKeys(env as unknown as Readonly<Record<string, unknown>>);
    const store = new CipherStore(new R2BlobStore(env.BLOBS), ring);
    this.#caretaker = new Caretaker(state.storage, this.#ledger, this.#leases, store, peers);
  }

  // The bucket's calls: its life and its configuration.

  /** Opens a shard of a new bucket. A shard that was never opened accepts nothing. */
  open(call: Call, rules: ShardRules): void {
    migrate(this.#storage);
    const { bucket, shard, epoch, config } = call;
    this.#become({ bucket, shard, epoch, config, rules, state: 'open' });
    this.#caretaker.begin(Date.now());
  }

  /** Tells the newest configuration version: from now on nothing that was judged by an older one is done. */
  configure(call: Call, rules: ShardRules): void {
    const role = this.#role;
    if (role !== undefined && call.config > role.config) this.#become({ ...role, config: call.config, rules });
  }

  /** Stops the shard if it is empty, for the deletion of its bucket. @returns whether it is sealed now */
  seal(_call: Call): boolean {
    const role = this.#role;
    if (role === undefined) return true;
    if (this.#versions.any() || this.#uploads.any()) return false;
    if (role.state === 'open') this.#become({ ...role, state: 'sealed' });
    return true;
  }

  unseal(_call: Call): void {
    if (this.#role?.state === 'sealed') this.#become({ ...this.#role, state: 'open' });
  }

  /** The bucket is gone. The shard lives on until its blobs are collected. */
  retire(_call: Call): void {
    if (this.#role === undefined || this.#role.state === 'retired') return;
    this.#become({ ...this.#role, state: 'retired', retired: Date.now() });
  }

  // Operations on objects.

  read(call: Call, command: ReadCommand): Answer<ReadReply> {
    return this.#reject(call) ?? this.#objects.read(command);
  }

  tags(call: Call, addresses: readonly ObjectAddress[]): Answer<readonly (Tags | null)[]> {
    return this.#reject(call) ?? { ok: this.#objects.tags(addresses) };
  }

  segments(call: Call, place: SegmentPlace, limit: number): Answer<SegmentPage> {
    return this.#reject(call) ?? this.#objects.segments(place, limit);
  }

  /** Commits an object whose blobs are complete. */
  put(call: Call, command: PutCommand): Answer<PutReply> {
    return (
      this.#reject(call) ??
      this.#change((now) => {
        if (this.#isTooLate(call, command.content.segments, command.leases, now)) return { refused: 'expired-blob' };
        return this.#objects.put(command, now);
      })
    );
  }

  /** Commits a fragment whose blobs are complete. */
  append(call: Call, command: AppendCommand): Answer<AppendReply> {
    return (
      this.#reject(call) ??
      this.#change((now) => {
        const segments = [...command.fragment.segments, ...(command.flushed?.segments ?? [])];
        if (isTooOldToCommit(segments, shardName(call.bucket, call.shard), now)) return { refused: 'expired-blob' };
        return this.#appends.append(command, now);
      })
    );
  }

  remove(call: Call, command: RemoveCommand): Answer<Removed[]> {
    return this.#reject(call) ?? this.#change((now) => this.#objects.remove(command, now));
  }

  setAcl(call: Call, command: AclCommand): Answer<{ versionId: string }> {
    return this.#reject(call) ?? this.#change(() => this.#objects.setAcl(command));
  }

  setTags(call: Call, command: TagsCommand): Answer<{ versionId: string }> {
    return this.#reject(call) ?? this.#change(() => this.#objects.setTags(command));
  }

  restore(call: Call, command: RestoreCommand): Answer<RestoreReply> {
    return this.#reject(call) ?? this.#change((now) => this.#restorations.restore(command, now));
  }

  cleanRestored(call: Call, address: ObjectAddress): Answer<CleanReply> {
    return this.#reject(call) ?? this.#change((now) => this.#restorations.clean(address, now));
  }

  /** Leave to fetch a missing object from elsewhere and store it, for one at a time: see {@link FlightBook}. */
  joinFlight(call: Call, key: string, seen: number | undefined): Answer<FlightReply> {
    return this.#reject(call) ?? { ok: this.#flights.join(key, seen, Date.now()) };
  }

  landFlight(call: Call, key: string, flight: number, end: FlightEnd): Answer<null> {
    const rejection = this.#reject(call);
    if (rejection === undefined) this.#flights.land(key, flight, end, Date.now());
    return rejection ?? { ok: null };
  }

  createDirectory(call: Call, command: DirectoryCommand): Answer<{ modified: number }> {
    return this.#reject(call) ?? this.#change((now) => this.#directories.create(command, now));
  }

  rename(call: Call, command: RenameCommand): Answer<true> {
    return this.#reject(call) ?? this.#change(() => this.#directories.rename(command));
  }

  tree(call: Call, command: TreeCommand): Answer<TreePage> {
    return this.#reject(call) ?? this.#directories.tree(command);
  }

  prune(call: Call, command: PruneCommand): Answer<number> {
    return this.#reject(call) ?? this.#change((now) => this.#directories.prune(command, now));
  }

  // Multipart uploads.

  initiate(call: Call, command: InitiateCommand): Answer<{ uploadId: string }> {
    return this.#reject(call) ?? this.#change((now) => this.#uploads.initiate(command, now));
  }

  checkUpload(call: Call, command: AbortCommand): Answer<UploadHead> {
    return this.#reject(call) ?? this.#change(() => this.#uploads.check(command));
  }

  /** Commits a part whose blobs are complete. */
  putPart(call: Call, command: PutPartCommand): Answer<{ modified: number }> {
    return (
      this.#reject(call) ??
      this.#change((now) => {
        if (this.#isTooLate(call, command.part.segments, command.leases, now)) return { refused: 'expired-blob' };
        return this.#uploads.putPart(command, now);
      })
    );
  }

  listParts(call: Call, command: ListPartsCommand): Answer<PartsPage> {
    return this.#reject(call) ?? this.#uploads.listParts(command);
  }

  completeUpload(call: Call, command: CompleteCommand): Answer<CompleteReply> {
    return this.#reject(call) ?? this.#change((now) => this.#uploads.complete(command, now));
  }

  abortUpload(call: Call, command: AbortCommand): Answer<null> {
    return this.#reject(call) ?? this.#change((now) => this.#uploads.abort(command, now));
  }

  listUploads(call: Call, command: ListUploadsCommand): Answer<UploadsPage> {
    return this.#reject(call) ?? { ok: uploadsPage(this.#storage.sql, command) };
  }

  list(call: Call, command: ListCommand): Answer<ListPage> {
    return this.#reject(call) ?? { ok: listPage(this.#storage.sql, command) };
  }

  listVersions(call: Call, command: VersionListCommand): Answer<VersionListPage> {
    return this.#reject(call) ?? { ok: versionPage(this.#storage.sql, this.#versions, command) };
  }

  stat(call: Call): Answer<StatReply> {
    return this.#reject(call) ?? { ok: this.#statistician.take(Date.now()) };
  }

  // Calls of other shards and of whoever copies between shards. They outlive the bucket: its blobs may.

  /** Lends blobs of this shard to the shard named `holder`. Null where one of them is gone. */
  lend(blobs: readonly string[], holder: string): Lease | null {
    const home = this.#name;
    if (home === undefined) return null;
    return this.#storage.transactionSync(() => this.#leases.lend(home, blobs, holder, Date.now()));
  }

  /** The holder does not need these blobs of this shard any more. */
  giveBack(holder: string, claims: readonly Claim[]): void {
    if (this.#name !== undefined) this.#caretaker.endLeases(holder, claims, Date.now());
  }

  /** Which of these blobs of another shard this one holds. */
  held(claims: readonly Claim[]): readonly string[] {
    return this.#name === undefined ? [] : this.#storage.transactionSync(() => this.#leases.held(claims));
  }

  // What the shard does by itself.

  override async alarm(): Promise<void> {
    const home = this.#name;
    if (home === undefined) return;
    const now = Date.now();
    await this.#endIf(await this.#caretaker.alarm(home, now), now);
  }

  /** The daily run: see {@link Caretaker}. @returns whether the shard lives on */
  async maintain(now: number): Promise<boolean> {
    const home = this.#name;
    return home !== undefined && !(await this.#endIf(await this.#caretaker.maintain(home, now), now));
  }

  async compact(now: number): Promise<void> {
    if (this.#name !== undefined) await this.#caretaker.compact(this.#name, now);
  }

  /** Nothing is left of a shard whose bucket is gone once its blobs are, those of uploads that broke off too. */
  async #endIf(empty: boolean, now: number): Promise<boolean> {
    const { state, retired = 0 } = this.#role ?? {};
    if (!empty || state !== 'retired' || now < retired + RETIRED_MS || this.#ledger.any()) return false;
    this.#role = undefined;
    await this.#storage.deleteAll();
    return true;
  }

  get #name(): string | undefined {
    return this.#role && shardName(this.#role.bucket, this.#role.shard);
  }

  /** Whether blobs wait for their commit so long that they may be gone, or were not meant for this shard. */
  #isTooLate(call: Call, segments: readonly Segment[], leases: readonly Lease[] | undefined, now: number): boolean {
    const home = shardName(call.bucket, call.shard);
    return leases === undefined ? isTooOldToCommit(segments, home, now) : !areInForce(leases, home, now);
  }

  #reject(call: Call): Rejection | undefined {
    const role = this.#role;
    if (role === undefined || role.state === 'retired' || role.bucket !== call.bucket) return { gone: true };
    if (role.epoch !== call.epoch) return { moved: role.epoch };
    if (role.config > call.config) return { stale: role.config };
    if (role.state === 'sealed') return { busy: true };
    if (call.seen !== undefined && !this.#objects.areTagged(call.seen)) return { retagged: true };
    return undefined;
  }

  /** Runs a change whole, or, where it throws {@link Refused}, not at all. */
  #change<T>(work: (now: number) => Answer<T>): Answer<T> {
    try {
      return this.#storage.transactionSync(() => {
        const answer = work(Date.now());
        // In here, so that nothing can fail any more once the change is made.
        this.#caretaker.wake();
        return answer;
      });
    } catch (error) {
      if (error instanceof Refused) return { refused: error.refused };
      throw error;
    }
  }

  /** Without rules nothing is changed: a shard that cannot tell whether content is protected must not touch it ([Sec-27]). */
  get #rules(): ShardRules {
    const rules = this.#role?.rules;
    if (!rules) throw new Error('the shard does not know the rules of its bucket');
    return rules;
  }

  #become(role: Role): void {
    this.#storage.kv.put('role', role);
    this.#role = role;
  }
}
