import { mergeShards } from './merge.ts';
import type { Outcome, ShardCalls } from './shard-calls.ts';
import { uploadOrder } from './upload-listing.ts';
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

/** The multipart uploads of one bucket. Commands are made anew for each attempt, as for `IndexClient.put`. */
export class UploadsClient {
  readonly #calls: ShardCalls;

  constructor(calls: ShardCalls) {
    this.#calls = calls;
  }

  initiate(key: string, command: () => InitiateCommand): Promise<Outcome<{ uploadId: string }>> {
    return this.#calls.onKey(key, false, (stub, call) => stub.initiate(call, command()));
  }

  /** Whether an upload exists and the caller may go on with it; what was said when it began. */
  check(key: string, command: () => AbortCommand): Promise<Outcome<UploadHead>> {
    return this.#calls.onKey(key, true, (stub, call) => stub.checkUpload(call, command()));
  }

  /** Not repeated: had the first call come through, a second might be refused, and its caller would throw the part's blobs away. */
  putPart(key: string, command: () => PutPartCommand): Promise<Outcome<{ modified: number }>> {
    return this.#calls.onKey(key, false, (stub, call) => stub.putPart(call, command()));
  }

  listParts(command: ListPartsCommand): Promise<Outcome<PartsPage>> {
    return this.#calls.onKey(command.key, true, (stub, call) => stub.listParts(call, command));
  }

  complete(key: string, command: () => CompleteCommand): Promise<Outcome<CompleteReply>> {
    return this.#calls.onKey(key, false, (stub, call) => stub.completeUpload(call, command()));
  }

  abort(key: string, command: () => AbortCommand): Promise<Outcome<null>> {
    return this.#calls.onKey(key, false, (stub, call) => stub.abortUpload(call, command()));
  }

  /** One page over all shards. `limit` entries at most. */
  list({ start, limit, ...rest }: ListUploadsCommand): Promise<UploadsPage> {
    return this.#calls.overMap(({ shards }, onShard) =>
      mergeShards(uploadOrder, shards, start, limit, async (shard, from, share) => {
        const answer = await onShard(shard, (stub, call) =>
          stub.listUploads(call, { ...rest, start: from, limit: share }),
        );
        if ('ok' in answer) return answer.ok;
        throw new Error(`unexpected refusal: ${answer.refused}`);
      }),
    );
  }
}
