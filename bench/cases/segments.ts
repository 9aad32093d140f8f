import { type Case, inTurn, type Side } from '../case.ts';
import { putObjects } from '../objects.ts';
import { completion, type Part, uploadParts } from '../parts.ts';
import { KIB, MIB } from '../sizes.ts';
import type { Gateway, Servers } from '../targets.ts';

const SEGMENTS = 1_000;

type On = (servers: Servers) => Promise<Gateway>;
const gateway: On = (servers) => servers.gateway();
const uncompacted: On = (servers) => servers.uncompacted();

/** What the segments of an object are. */
interface Pieces {
  readonly size: string;
  readonly bytes: number;
  /** Where there is a part to copy: an object of these bytes under its name. */
  readonly part: Part;
}

/** The smallest parts that OSS takes. Each is a blob of its own: copies of one blob would be read from memory. */
const smallest: Pieces = { size: '100KiB', bytes: 100 * KIB, part: { body: 100 * KIB } };
/** What ali-oss cuts uploads into. Blobs of this size are never kept in memory, so one stands for all. */
const usual: Pieces = { size: '1MiB', bytes: MIB, part: { copyOf: 'segments/seed-1MiB' } };
/** Half of what compaction would still rewrite: from here on a read costs more for its bytes than for being one. */
const large: Pieces = { size: '4MiB', bytes: 4 * MIB, part: { copyOf: 'segments/seed-4MiB' } };

async function prepare(target: Gateway, name: string, { size, bytes, part }: Pieces): Promise<string> {
  if ('copyOf' in part) await target.must(target.signed('PUT', part.copyOf, { body: bytes }));
  const key = `segments/${name}-${size}`;
  await target.must(completion(target, await uploadParts(target, key, SEGMENTS, part)));
  return key;
}

/** Downloads of an object in its segments. */
function inSegments(pieces: Pieces): Side {
  return {
    name: 'segments',
    async ready(servers) {
      const target = await servers.uncompacted();
      const key = await prepare(target, 'many', pieces);
      return { target, call: inTurn([target.object('GET', key)]) };
    },
  };
}

/** Downloads of such an object once compaction has been at it. */
function compacted(pieces: Pieces): Side {
  return {
    name: 'compacted',
    async ready(servers) {
      const target = await servers.gateway();
      const key = await prepare(target, 'compacted', pieces);
      await target.printed(new RegExp(`"event":"compacted".*"before":${SEGMENTS},`));
      return { target, call: inTurn([target.object('GET', key)]) };
    },
  };
}

/** As many reads from R2 one after the other by the bare Worker: what no reader of so many blobs can undercut. */
function bareReads({ size, bytes }: Pieces): Side {
  return {
    name: 'bare',
    async ready(servers) {
      const target = await servers.bare();
      const key = `segment-${size}`;
      await putObjects(target, [key], bytes);
      return { target, call: inTurn([{ method: 'GET', path: `/${key}?times=${SEGMENTS}` }]) };
    },
  };
}

function oneSegment(on: On, { size, bytes }: Pieces): Side {
  return {
    name: 'one segment',
    async ready(servers) {
      const target = await on(servers);
      const key = `segments/one-${size}`;
      await putObjects(target, [key], SEGMENTS * bytes);
      return { target, call: inTurn([target.object('GET', key)]) };
    },
  };
}

function download(pieces: Pieces): Case {
  return {
    name: `GET 1000x${pieces.size}`,
    unit: 'MB/s',
    concurrency: 1,
    sides: [inSegments(pieces), bareReads(pieces), oneSegment(uncompacted, pieces)],
  };
}

/** Whole downloads of objects in a thousand segments, as they are and compacted, against one of the same bytes in one. */
export const segmentCases: readonly Case[] = [
  download(smallest),
  download(usual),
  download(large),
  { name: 'GET compacted', unit: 'MB/s', concurrency: 1, sides: [compacted(smallest), oneSegment(gateway, smallest)] },
];
