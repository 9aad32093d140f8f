import { DurableObject } from 'cloudflare:workers';

export class BucketObject extends DurableObject {}
export class DirectoryObject extends DurableObject {}
export class IndexShard extends DurableObject {}

export default {
  async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/-/health') return new Response('ok\n');
    return new Response('not built yet', { status: 501 });
  },
} satisfies ExportedHandler<Env>;
