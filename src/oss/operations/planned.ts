import type { Method, Operation } from '../operation.ts';

/** Operations of the reference that are recognised and answer 501 until they are built. */
export const planned: readonly Operation[] = [
  ...bucket('GET', 'list', {}),
  ...bucket('POST', 'owner', {
    PutBucketReplication: { select: ['replication', 'comp=add'], hierarchical: false },
    DeleteBucketReplication: { select: ['replication', 'comp=delete'], hierarchical: false },
    OpenMetaQuery: { select: ['metaQuery', 'comp=add'], query: ['mode'] },
    DoMetaQuery: { select: ['metaQuery', 'comp=query'], query: ['mode'] },
    CloseMetaQuery: { select: ['metaQuery', 'comp=delete'] },
  }),
  ...configuration(
    'lifecycle',
    { put: 'PutBucketLifecycle', get: 'GetBucketLifecycle', delete: 'DeleteBucketLifecycle' },
    false,
  ),
  ...configuration('logging', { put: 'PutBucketLogging', get: 'GetBucketLogging', delete: 'DeleteBucketLogging' }),
  ...bucket('GET', 'owner', {
    GetBucketReplication: { select: ['replication'], hierarchical: false },
    GetBucketReplicationLocation: { select: ['replicationLocation'], hierarchical: false },
    GetBucketReplicationProgress: { select: ['replicationProgress'], query: ['rule-id'], hierarchical: false },
    GetBucketInventory: { select: ['inventory', 'inventoryId'], hierarchical: false },
    ListBucketInventory: { select: ['inventory'], query: ['continuation-token'], hierarchical: false },
    GetMetaQueryStatus: { select: ['metaQuery'] },
    ListLiveChannel: { select: ['live'], query: ['marker', 'max-keys', 'prefix'], hierarchical: false },
  }),
  ...bucket('PUT', 'owner', { PutBucketInventory: { select: ['inventory', 'inventoryId'], hierarchical: false } }),
  ...bucket('DELETE', 'owner', {
    DeleteBucketInventory: { select: ['inventory', 'inventoryId'], hierarchical: false },
  }),
  ...object('PUT', 'write', {
    PutLiveChannelStatus: { select: ['live', 'status'], hierarchical: false },
    PutLiveChannel: { select: ['live'], hierarchical: false },
  }),
  ...object('POST', 'write', {
    ProcessObject: { select: ['x-oss-process'] },
    AsyncProcessObject: { select: ['x-oss-async-process'] },
    PostVodPlaylist: { select: ['vod'], query: ['startTime', 'endTime'], hierarchical: false },
  }),
  ...object('GET', 'read', {
    GetProcessedObject: { select: ['x-oss-process'], action: 'GetObject' },
    GetVodPlaylist: { select: ['vod'], query: ['startTime', 'endTime'], hierarchical: false },
    GetLiveChannelInfo: { select: ['live'], action: 'GetLiveChannel', hierarchical: false },
    GetLiveChannelStat: { select: ['live', 'comp=stat'], hierarchical: false },
    GetLiveChannelHistory: { select: ['live', 'comp=history'], hierarchical: false },
  }),
  ...object('DELETE', 'write', {
    DeleteLiveChannel: { select: ['live'], hierarchical: false },
  }),
];

type Rows = Readonly<Record<string, Partial<Operation>>>;

function bucket(method: Method, access: Operation['access'], rows: Rows): Operation[] {
  return rowsOf('bucket', method, access, rows);
}

function object(method: Method, access: Operation['access'], rows: Rows): Operation[] {
  return rowsOf('object', method, access, rows);
}

function rowsOf(target: Operation['target'], method: Method, access: Operation['access'], rows: Rows): Operation[] {
  return Object.entries(rows).map(([name, row]) => ({
    name,
    method,
    target,
    action: name,
    access,
    hierarchical: true,
    ...row,
  }));
}

function configuration(
  key: string,
  names: { readonly put?: string; readonly get?: string; readonly delete?: string },
  hierarchical = true,
): Operation[] {
  return Object.entries(names).map(([method, name]) => ({
    name,
    method: method.toUpperCase() as Method,
    target: 'bucket',
    select: [key],
    action: name,
    access: 'owner',
    hierarchical,
  }));
}
