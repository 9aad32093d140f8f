import type { ClassStat } from '../../../index/listing-records.ts';
import { xmlReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** Elements of each class but Standard, which knows no billed size ([GetBucketStat-4]). */
const colder = [
  ['IA', 'InfrequentAccess'],
  ['Archive', 'Archive'],
  ['ColdArchive', 'ColdArchive'],
  ['DeepColdArchive', 'DeepColdArchive'],
] as const;

/** Sizes and counts (reference 7.1.8). Figures of large buckets may be an hour old. */
export const GetBucketStat = operation({
  name: 'GetBucketStat',
  method: 'GET',
  target: 'bucket',
  select: ['stat'],
  action: 'GetBucketStat',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const shards = await exchange.index.stat();
    const of = (name: string) => sum(shards.flatMap(({ classes }) => classes.filter((c) => c.storageClass === name)));
    const all = sum(shards.flatMap(({ classes }) => classes));
    const standard = of('Standard');
    // Until there is something to count there is no time of counting either (evidence for [GetBucketStat-8]).
    const taken = all.objects === 0 ? 0 : Math.floor(Math.min(...shards.map((shard) => shard.taken)) / 1_000);
    const out = new XmlWriter('BucketStat')
      .leaf('Storage', all.bytes)
      .leaf('ObjectCount', all.objects)
      .leaf(
        'MultipartUploadCount',
        shards.reduce((count, { uploads }) => count + uploads, 0),
      )
      .leaf('LiveChannelCount', 0)
      .leaf('LastModifiedTime', taken)
      .leaf('StandardStorage', standard.bytes)
      .leaf('StandardObjectCount', standard.objects);
    for (const [storageClass, element] of colder) {
      const { bytes, billed, objects } = of(storageClass);
      out.leaf(`${element}Storage`, billed).leaf(`${element}RealStorage`, bytes).leaf(`${element}ObjectCount`, objects);
    }
    return xmlReply(out.end());
  },
});

function sum(stats: readonly ClassStat[]): Omit<ClassStat, 'storageClass'> {
  return stats.reduce(
    (total, { objects, bytes, billed }) => ({
      objects: total.objects + objects,
      bytes: total.bytes + bytes,
      billed: total.billed + billed,
    }),
    { objects: 0, bytes: 0, billed: 0 },
  );
}
