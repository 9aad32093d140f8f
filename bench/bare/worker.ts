/**
 * The least that a Worker can do with R2: keys as they are, no signature, no metadata. What the gateway is measured
 * against.
 */
export default {
  async fetch(request: Request, env: { BLOBS: R2Bucket }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const key = pathname.slice(1);
    switch (request.method) {
      case 'PUT': {
        const stored = await env.BLOBS.put(key, request.body);
        return new Response(null, { headers: { etag: stored?.httpEtag ?? '' } });
      }
      case 'HEAD': {
        const object = await env.BLOBS.head(key);
        if (object === null) return new Response(null, { status: 404 });
        return new Response(null, { headers: { 'content-length': String(object.size), etag: object.httpEtag } });
      }
      case 'GET': {
        if (key === '') return list(env.BLOBS, searchParams.get('prefix') ?? '');
        const object = await env.BLOBS.get(key);
        if (object === null) return new Response(null, { status: 404 });
        const times = searchParams.get('times');
        if (times !== null) return repeated(env.BLOBS, object, Number(times));
        return new Response(object.body, { headers: { 'content-length': String(object.size), etag: object.httpEtag } });
      }
      default:
        return new Response(null, { status: 405 });
    }
  },
};

async function list(bucket: R2Bucket, prefix: string): Promise<Response> {
  const { objects } = await bucket.list({ prefix, limit: 1_000 });
  const entries = objects.map(({ key, size, httpEtag }) => `<Contents>${key},${size},${httpEtag}</Contents>`);
  return new Response(`<List>${entries.join('')}</List>`, { headers: { 'content-type': 'application/xml' } });
}

/** An object so many times in a row, each time read anew. */
function repeated(bucket: R2Bucket, first: R2ObjectBody, times: number): Response {
  const { readable, writable } = new FixedLengthStream(first.size * times);
  const send = async () => {
    await first.body.pipeTo(writable, { preventClose: true });
    for (let n = 1; n < times; n++) await (await bucket.get(first.key))!.body.pipeTo(writable, { preventClose: true });
    await writable.close();
  };
  send().catch((error: unknown) => writable.abort(error));
  return new Response(readable);
}
