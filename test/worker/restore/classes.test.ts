import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { R2BlobStore } from '../../../src/blob/store.ts';
import { newBucket, send } from '../support/wire.ts';
import { type Class, put, result } from './support.ts';

describe('storage classes', () => {
  it.each(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const)(
    '[ObjCommon-31] [HeadObject-16] [PutObject-12] keeps %s as it is spelt, whatever the bucket is',
    async (storageClass) => {
      for (const ofBucket of ['Standard', 'IA'] as const) {
        const body = `<CreateBucketConfiguration><StorageClass>${ofBucket}</StorageClass></CreateBucketConfiguration>`;
        const bucket = await newBucket({ body });
        await put(bucket, 'a', storageClass);
        expect((await send('HEAD', `/${bucket}/a`)).header('x-oss-storage-class')).toBe(storageClass);
        expect((await send('GET', `/${bucket}`)).one('StorageClass')).toBe(storageClass);
        await send('PUT', `/${bucket}/b`, { body: 'b' });
        expect((await send('HEAD', `/${bucket}/b`)).header('x-oss-storage-class')).toBe(ofBucket);
      }
    },
  );

  it.each(['Cold Archive', 'standard', 'GLACIER', ''])('[ObjCommon-31] knows no class %j', async (name) => {
    expect(result(await put(await newBucket(), 'a', name as Class))).toEqual([400, 'InvalidArgument']);
  });

  it('[ObjCommon-31] stores what is rarely read where R2 stores it for less', async () => {
    const bucket = await newBucket();
    const store = vi.spyOn(R2BlobStore.prototype, 'put');
    onTestFinished(() => {
      store.mockRestore();
    });
    const stored: Record<string, boolean | undefined> = {};
    for (const storageClass of ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const) {
      await put(bucket, storageClass, storageClass, 'x'.repeat(20_000));
      stored[storageClass] = store.mock.lastCall![2].infrequent;
    }
    expect(store).toHaveBeenCalledTimes(5);
    expect(stored).toEqual({ Standard: false, IA: true, Archive: true, ColdArchive: true, DeepColdArchive: true });
  });
});
