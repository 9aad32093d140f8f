/** A Worker that shows what reaches it, for tests of the socket in front. */
export default {
  async fetch(request: Request, env: { STORE: R2Bucket }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case '/seen':
        return Response.json({ url: request.url, cf: request.cf, headers: Object.fromEntries(request.headers) });
      case '/text':
        return new Response('t'.repeat(5_000), { headers: { 'content-type': 'text/plain', 'content-length': '5000' } });
      case '/encoded':
        return new Response(new Uint8Array([1, 2, 3]), {
          encodeBody: 'manual',
          headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
        });
      case '/head':
        return new Response(null, { headers: { 'content-length': '123456789', etag: '"E"' } });
      case '/range':
        return new Response('234', {
          status: 206,
          headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' },
        });
      case '/slow':
        await scheduler.wait(Number(searchParams.get('ms')));
        return new Response('done');
      case '/fetch':
        return new Response(await request.text().then((url) => fetch(url).then((answer) => answer.text(), String)));
      case '/log':
        console.log('{"said":"info"}');
        console.error('{"said":"error"}');
        return new Response('logged');
      default:
        return store(request, env.STORE, pathname);
    }
  },
};

async function store(request: Request, bucket: R2Bucket, key: string): Promise<Response> {
  if (request.method === 'PUT') {
    await bucket.put(key, request.body);
    return new Response(null, { status: 200 });
  }
  const object = await bucket.get(key);
  return object === null ? new Response(null, { status: 404 }) : new Response(object.body);
}
