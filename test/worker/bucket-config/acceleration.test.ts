import { describe, expect, it } from 'vitest';
import { put } from '../support/config.ts';
import { newBucket, send } from '../support/wire.ts';

const acceleration = (enabled: string) =>
  `<TransferAccelerationConfiguration><Enabled>${enabled}</Enabled></TransferAccelerationConfiguration>`;
const get = (bucket: string) => send('GET', `/${bucket}?transferAcceleration`);
const shown = async (bucket: string) => (await send('GET', `/${bucket}?bucketInfo`)).one('TransferAcceleration');

describe('transfer acceleration', () => {
  it('[PutBucketTransferAcceleration-4] [PutBucketTransferAcceleration-7] [GetBucketTransferAcceleration-1] [GetBucketTransferAcceleration-2] [GetBucketInfo-4] is never set, on, or off', async () => {
    const bucket = await newBucket();
    const never = await get(bucket);
    expect([never.status, never.code, never.one('BucketName')]).toEqual([
      404,
      'NoSuchTransferAccelerationConfiguration',
      bucket,
    ]);
    expect(await shown(bucket)).toBe('Disabled');
    for (const [enabled, info] of [
      ['true', 'Enabled'],
      ['false', 'Disabled'],
    ] as const) {
      const answer = await put(bucket, 'transferAcceleration', acceleration(enabled));
      expect([answer.status, answer.header('content-length')]).toEqual([200, '0']);
      expect((await get(bucket)).text).toContain(acceleration(enabled));
      expect(await shown(bucket)).toBe(info);
    }
    const deleted = await send('DELETE', `/${bucket}?transferAcceleration`);
    expect([deleted.status, (await get(bucket)).code]).toEqual([204, 'NoSuchTransferAccelerationConfiguration']);
    expect((await send('DELETE', `/${bucket}?transferAcceleration`)).status).toBe(204);
  });

  it('[PutBucketTransferAcceleration-1] wants true or false, in lower case', async () => {
    const bucket = await newBucket();
    for (const bad of ['True', 'yes', '1', '', 'Enabled']) {
      const answer = await put(bucket, 'transferAcceleration', acceleration(bad));
      expect([bad, answer.status, answer.code]).toEqual([bad, 400, 'MalformedXML']);
    }
    for (const bad of ['', '<TransferAccelerationConfiguration/>', '<Enabled>true</Enabled>']) {
      expect((await put(bucket, 'transferAcceleration', bad)).code).toBe('MalformedXML');
    }
    expect((await get(bucket)).status).toBe(404);
  });

  it('[PutBucketTransferAcceleration-2] [PutBucketTransferAcceleration-8] [GetBucketTransferAcceleration-3] is the owner’s to set and to see, or whom it allows', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const wish = method === 'PUT' ? { body: acceleration('true') } : {};
      for (const as of ['anonymous', 'other', 'user'] as const) {
        const answer = await send(method, `/${bucket}?transferAcceleration`, { as, ...wish });
        expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
      }
    }
    const statement = {
      Effect: 'Allow',
      Action: ['oss:PutBucketTransferAcceleration', 'oss:GetBucketTransferAcceleration'],
      Principal: ['user'],
      Resource: `acs:oss:*:*:${bucket}`,
    };
    await put(bucket, 'policy', JSON.stringify({ Version: '1', Statement: [statement] }));
    expect((await put(bucket, 'transferAcceleration', acceleration('true'), { as: 'user' })).status).toBe(200);
    expect((await send('GET', `/${bucket}?transferAcceleration`, { as: 'user' })).one('Enabled')).toBe('true');
  });

  it('[PutBucketTransferAcceleration-3] [PutBucketTransferAcceleration-5] opens an endpoint beside the others', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    const fast = [
      { host: 'oss-accelerate.aliyuncs.com', virtual: true },
      { host: 'oss-accelerate-overseas.aliyuncs.com', virtual: true },
      { host: 'oss-accelerate.aliyuncs.com' },
    ];
    const ask = async (expected: number) => {
      for (const where of fast) {
        for (const wish of [{ as: 'anonymous' }, { scheme: 'V1' }, { signing: { region: 'cn-hangzhou' } }] as const) {
          const answer = await send('GET', `/${bucket}/key`, { ...where, ...wish });
          expect([where, wish, answer.status, answer.text === 'content']).toEqual([
            where,
            wish,
            expected,
            expected === 200,
          ]);
          if (expected !== 200)
            expect([answer.code, answer.one('BucketName')]).toEqual(['TransferAccelerationDisabled', bucket]);
        }
      }
      expect((await send('GET', `/${bucket}/key`)).text).toBe('content');
    };
    await ask(403);
    await put(bucket, 'transferAcceleration', acceleration('true'));
    await ask(200);
    await put(bucket, 'transferAcceleration', acceleration('false'));
    await ask(403);
    const preflight = { origin: 'http://a', 'access-control-request-method': 'GET' };
    const asked = await send('OPTIONS', `/${bucket}/key`, { as: 'anonymous', headers: preflight, ...fast[0] });
    expect(asked.code).toBe('TransferAccelerationDisabled');
  });

  it('[Hns-4] is known in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await put(bucket, 'transferAcceleration', acceleration('true'))).status).toBe(200);
  });
});

describe('the resource group', () => {
  const group = (id: string) =>
    `<BucketResourceGroupConfiguration><ResourceGroupId>${id}</ResourceGroupId></BucketResourceGroupConfiguration>`;

  it('is the default one', async () => {
    const bucket = await newBucket();
    const answer = await send('GET', `/${bucket}?resourceGroup`);
    expect([answer.status, answer.one('ResourceGroupId')]).toEqual([200, 'rg-default-id']);
    expect(answer.text).toContain(group('rg-default-id'));
    for (const same of ['rg-default-id', ''])
      expect((await put(bucket, 'resourceGroup', group(same))).status).toBe(200);
    expect((await send('GET', `/${bucket}?bucketInfo`)).one('ResourceGroupId')).toBe('rg-default-id');
  });

  it('can be no other', async () => {
    const bucket = await newBucket();
    const unknown = await put(bucket, 'resourceGroup', group('rg-not-exist'));
    expect([unknown.status, unknown.code, unknown.header('x-oss-ec')]).toEqual([
      400,
      'ResourceGroupIdPreCheckError',
      '0039-00000003',
    ]);
    const malformed = await put(bucket, 'resourceGroup', group('invalid-rs-id'));
    expect([malformed.status, malformed.code, malformed.one('ArgumentName')]).toEqual([
      400,
      'InvalidArgument',
      'ResourceGroupId',
    ]);
    expect((await put(bucket, 'resourceGroup', '<ResourceGroupId/>')).code).toBe('MalformedXML');
    for (const method of ['PUT', 'GET']) {
      const wish = method === 'PUT' ? { body: group('rg-default-id') } : {};
      expect((await send(method, `/${bucket}?resourceGroup`, { as: 'other', ...wish })).status).toBe(403);
    }
  });
});
