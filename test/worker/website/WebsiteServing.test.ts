import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, newBucket, send } from '../support/wire.ts';
import { errorPage, index, newSite, putPage, putWebsite, subDirs, visit } from './support.ts';

const pages = {
  'index.html': '<h1>root</h1>',
  'error.html': '<h1>lost</h1>',
  'a.html': '<h1>a</h1>',
  'dir/index.html': '<h1>dir</h1>',
  'héé ü/index.html': '<h1>accents</h1>',
};

describe('the index page', () => {
  let bucket: string;
  beforeAll(async () => {
    bucket = await newSite(index(), pages);
  });

  it('[WebsiteServing-1] answers an anonymous visit of the root', async () => {
    const answer = await visit(bucket, '/');
    expect([answer.status, answer.text, answer.header('content-type')]).toEqual([
      200,
      pages['index.html'],
      'text/html',
    ]);
    expect(answer.header('etag')).toMatch(/^"[0-9A-F]{32}"$/);
    expect((await send('GET', `/${bucket}/`, { as: 'anonymous' })).text).toBe(pages['index.html']);
  });

  it('[WebsiteServing-1] answers whatever else the query says, but no sub-resource', async () => {
    for (const query of ['?prefix=a', '?list-type=2', '?utm_source=x', '?max-keys=1&delimiter=%2F']) {
      expect((await visit(bucket, `/${query}`)).text).toBe(pages['index.html']);
    }
    expect((await visit(bucket, '/?acl')).status).toBe(403);
    expect((await visit(bucket, '/?website')).status).toBe(403);
  });

  it('[WebsiteServing-2] gives way to the listing where the request is signed', async () => {
    for (const place of ['header', 'query'] as const) {
      for (const scheme of ['V1', 'V4'] as const) {
        const answer = await send('GET', `/${bucket}/`, { place, scheme });
        expect([answer.status, answer.has('ListBucketResult') || answer.text.includes('<ListBucketResult')]).toEqual([
          200,
          true,
        ]);
        expect(answer.all('Key')).toContain('a.html');
      }
    }
  });

  it('[WebsiteServing-3] [WebsiteServing-4] [WebsiteServing-6] is the root’s for every directory', async () => {
    for (const path of ['/dir/', '/no/such/', '/a.html/']) {
      const answer = await visit(bucket, path);
      expect([answer.status, answer.text, answer.header('location')]).toEqual([200, pages['index.html'], null]);
    }
  });

  it('[WebsiteServing-3] comes first even where a directory is marked by an object', async () => {
    await putPage(bucket, 'marked/', '', { 'content-type': 'application/x-directory' });
    expect((await visit(bucket, '/marked/')).text).toBe(pages['index.html']);
    const signed = await send('GET', `/${bucket}/marked/`);
    expect([signed.status, signed.text, signed.header('content-type')]).toEqual([200, '', 'application/x-directory']);
  });

  it('[WebsiteServing-17] answers a signed request for a directory too, where no object has that name', async () => {
    const priv = await newSite(index(), pages, 'private');
    const answer = await send('GET', `/${priv}/nothing/`);
    expect([answer.status, answer.text]).toEqual([200, pages['index.html']]);
    expect((await send('HEAD', `/${priv}/nothing/`)).status).toBe(200);
  });

  it('[WebsiteServing-16] is the object that it is: ranges, conditions, HEAD', async () => {
    await putPage(bucket, 'index.html', pages['index.html'], {
      'cache-control': 'max-age=60',
      expires: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'x-oss-meta-a': 'b',
    });
    const whole = await visit(bucket, '/');
    expect(whole.header('cache-control')).toBe('max-age=60');
    expect(whole.header('expires')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
    expect(whole.header('x-oss-meta-a')).toBe('b');
    const part = await visit(bucket, '/', { headers: { range: 'bytes=0-3' } });
    expect([part.status, part.text, part.header('content-range')]).toEqual([206, '<h1>', 'bytes 0-3/13']);
    const etag = whole.header('etag')!;
    const unchanged = await visit(bucket, '/dir/', { headers: { 'if-none-match': etag } });
    expect([unchanged.status, unchanged.text, unchanged.header('etag')]).toEqual([304, '', etag]);
    const since = await visit(bucket, '/', { headers: { 'if-modified-since': whole.header('last-modified')! } });
    expect(since.status).toBe(304);
    expect((await visit(bucket, '/', { headers: { 'if-match': '"0"' } })).status).toBe(412);
    const head = await visit(bucket, '/', { method: 'HEAD' });
    expect([head.status, head.text, head.header('content-length')]).toEqual([200, '', '13']);
    expect(head.header('etag')).toBe(etag);
    expect((await visit(bucket, '/dir/', { method: 'HEAD' })).header('content-length')).toBe('13');
  });

  it('[WebsiteServing-15] that is missing is a missing object', async () => {
    const empty = await newSite(index());
    const answer = await visit(empty, '/');
    expect([answer.status, answer.code, answer.one('Key')]).toEqual([404, 'NoSuchKey', 'index.html']);
    await putWebsite(empty, `${index()}${errorPage()}`);
    await putPage(empty, 'error.html', 'lost');
    for (const path of ['/', '/dir/']) {
      const lost = await visit(empty, path);
      expect([lost.status, lost.text]).toEqual([404, 'lost']);
    }
  });

  it('leaves the root alone where there is none', async () => {
    const plain = await newSite(errorPage(), pages);
    expect((await visit(plain, '/')).status).toBe(403);
    expect((await visit(plain, '/dir/')).text).toBe(pages['error.html']);
    expect((await visit(plain, '/', { method: 'HEAD' })).status).toBe(405);
    const none = await newBucket({ acl: 'public-read' });
    expect((await visit(none, '/', { method: 'HEAD' })).status).toBe(405);
    expect((await visit(none, '/')).status).toBe(403);
  });

  it('tells the region to a signed HEAD of the root, as the Java SDK asks for it', async () => {
    const bucket = await newBucket();
    const answer = await send('HEAD', `/${bucket}`);
    expect([answer.status, answer.header('x-oss-bucket-region'), answer.text]).toEqual([200, 'oss-cn-hangzhou', '']);
    expect((await send('HEAD', `/${bucket}`, { as: 'other' })).status).toBe(403);
    expect((await send('HEAD', `/${bucket}`, { as: 'anonymous' })).status).toBe(403);
    await send('DELETE', `/${bucket}`);
    expectRefusal(await send('HEAD', `/${bucket}`), 404, 'NoSuchBucket');
  });

  it('[WebsiteServing-51] [ObjCommon-20] serves what is stored, whatever its name', async () => {
    await putPage(bucket, 'run.php', '<?php echo 1; ?>', { 'content-type': 'application/x-httpd-php' });
    const answer = await visit(bucket, '/run.php');
    expect([answer.text, answer.header('content-type')]).toEqual(['<?php echo 1; ?>', 'application/x-httpd-php']);
    await send('PUT', `/${bucket}/untyped`, { body: new Uint8Array([1]) });
    expect((await visit(bucket, '/untyped')).header('content-type')).toBe('application/octet-stream');
  });

  it('[GetObject-14] compresses what the API compresses', async () => {
    await putPage(bucket, 'big.css', 'a{}'.repeat(1_000), { 'content-type': 'text/css' });
    const answer = await visit(bucket, '/big.css', { headers: { 'accept-encoding': 'gzip' } });
    expect([answer.status, answer.header('etag'), answer.header('vary')]).toEqual([200, null, 'Accept-Encoding']);
    await putPage(bucket, 'big.html', 'abc'.repeat(1_000));
    const html = await visit(bucket, '/big.html', { headers: { 'accept-encoding': 'gzip' } });
    expect([html.header('content-encoding'), html.header('content-length')]).toEqual([null, '3000']);
  });
});

describe('a directory', () => {
  it('[WebsiteServing-5] has its own page', async () => {
    const bucket = await newSite(subDirs(1), pages);
    expect((await visit(bucket, '/dir/')).text).toBe(pages['dir/index.html']);
    expect((await visit(bucket, '/')).text).toBe(pages['index.html']);
    expect((await visit(bucket, '/h%C3%A9%C3%A9%20%C3%BC/')).text).toBe('<h1>accents</h1>');
    const missing = await visit(bucket, '/none/');
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey']);
  });

  it('[WebsiteServing-7] [WebsiteServing-11] [WebsiteServing-12] of type 0 is pointed to', async () => {
    for (const configuration of [subDirs(), subDirs(0)]) {
      const bucket = await newSite(`${configuration}${errorPage()}`, pages);
      for (const method of ['GET', 'HEAD']) {
        const answer = await visit(bucket, '/dir?x=1', { method });
        expect([answer.status, answer.text, answer.header('location')]).toEqual([302, '', '/dir/']);
      }
      expect((await visit(bucket, '/h%c3%a9%C3%A9%20%C3%BC')).header('location')).toBe('/h%C3%A9%C3%A9%20%C3%BC/');
      expect((await send('GET', `/${bucket}/dir`, { as: 'anonymous' })).header('location')).toBe(`/${bucket}/dir/`);
      const missing = await visit(bucket, '/none');
      expect([missing.status, missing.text]).toEqual([404, pages['error.html']]);
    }
  });

  it('[WebsiteServing-8] of type 1 is not looked for', async () => {
    const bucket = await newSite(`${subDirs(1)}`, pages);
    const answer = await visit(bucket, '/dir');
    expect([answer.status, answer.code, answer.one('Key')]).toEqual([404, 'NoSuchKey', 'dir']);
    await putWebsite(bucket, `${subDirs(1)}${errorPage()}`);
    expect((await visit(bucket, '/dir')).text).toBe(pages['error.html']);
  });

  it('[WebsiteServing-9] of type 2 is answered in place', async () => {
    const bucket = await newSite(`${subDirs(2)}${errorPage()}`, pages);
    const answer = await visit(bucket, '/dir');
    expect([answer.status, answer.text]).toEqual([200, pages['dir/index.html']]);
    expect((await visit(bucket, '/dir', { method: 'HEAD' })).header('content-length')).toBe('12');
    expect((await visit(bucket, '/dir', { headers: { range: 'bytes=0-0' } })).status).toBe(206);
    expect((await visit(bucket, '/none')).text).toBe(pages['error.html']);
  });

  it('[WebsiteServing-10] is looked for only with sub-directories, and only where nothing has the name', async () => {
    const bucket = await newSite(index('<Type>2</Type>'), pages);
    expect((await visit(bucket, '/dir')).status).toBe(404);
    await putWebsite(bucket, subDirs(2));
    await putPage(bucket, 'dir', 'an object');
    expect((await visit(bucket, '/dir')).text).toBe('an object');
  });

  it('[WebsiteServing-17] is not looked for where the request is signed', async () => {
    const bucket = await newSite(`${subDirs(2)}${errorPage()}`, pages);
    const answer = await send('GET', `/${bucket}/dir`);
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchKey']);
  });
});

describe('the error page', () => {
  it('[WebsiteServing-13] [WebsiteServing-16] stands in for a missing object', async () => {
    for (const [configuration, status] of [
      [errorPage(), 404],
      [errorPage(404), 404],
      [errorPage(200), 200],
    ] as const) {
      const bucket = await newSite(configuration, pages);
      const answer = await visit(bucket, '/none');
      expect([answer.status, answer.text, answer.header('content-type')]).toEqual([
        status,
        pages['error.html'],
        'text/html',
      ]);
      expect([answer.header('content-length'), answer.header('x-oss-ec')]).toEqual(['13', null]);
      const head = await visit(bucket, '/none', { method: 'HEAD' });
      expect([head.status, head.text, head.header('content-length')]).toEqual([status, '', '13']);
      expect((await visit(bucket, '/a.html')).text).toBe(pages['a.html']);
    }
  });

  it('[WebsiteServing-16] is whole, whatever is asked of the missing object', async () => {
    const bucket = await newSite(errorPage(), pages);
    const etag = (await visit(bucket, '/none')).header('etag')!;
    for (const headers of [
      { range: 'bytes=0-1' },
      { 'if-none-match': etag },
      { 'if-none-match': '*' },
      { 'if-match': '"0"' },
    ]) {
      const answer = await visit(bucket, '/none', { headers: headers as Record<string, string> });
      expect([answer.status, answer.text]).toEqual([404, pages['error.html']]);
    }
  });

  it('[WebsiteServing-14] that is missing leaves the plain error, also where its status is 200', async () => {
    const bucket = await newSite(errorPage(200), { 'a.html': 'a' });
    const answer = await visit(bucket, '/none');
    expect([answer.status, answer.code, answer.one('Key')]).toEqual([404, 'NoSuchKey', 'none']);
  });

  it('[WebsiteServing-17] is not for signed requests', async () => {
    const bucket = await newSite(errorPage(), pages);
    const answer = await send('GET', `/${bucket}/none`);
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchKey']);
  });

  it('may be a link, as may any page', async () => {
    const bucket = await newSite(`${subDirs(0)}${errorPage()}`, { 'real.html': '<h1>real</h1>' });
    const link = (name: string, target: string) =>
      send('PUT', `/${bucket}/${name}?symlink`, { headers: { 'x-oss-symlink-target': target } });
    for (const name of ['error.html', 'index.html', 'dir/index.html']) await link(name, 'real.html');
    expect([(await visit(bucket, '/none')).status, (await visit(bucket, '/none')).text]).toEqual([
      404,
      '<h1>real</h1>',
    ]);
    expect((await visit(bucket, '/')).text).toBe('<h1>real</h1>');
    expect((await visit(bucket, '/dir')).header('location')).toBe('/dir/');
    await link('dangling/index.html', 'nothing.html');
    expect((await visit(bucket, '/dangling')).text).toBe('<h1>real</h1>');
    await link('broken', 'nothing.html');
    expect([(await visit(bucket, '/broken')).status, (await visit(bucket, '/broken')).text]).toEqual([
      404,
      '<h1>real</h1>',
    ]);
  });

  it('stands in for an object that is hidden by a delete marker', async () => {
    const bucket = await newSite(errorPage(), { ...pages, gone: 'gone' });
    await send('PUT', `/${bucket}?versioning`, {
      body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    });
    await send('DELETE', `/${bucket}/gone`);
    const answer = await visit(bucket, '/gone');
    expect([answer.status, answer.text]).toEqual([404, pages['error.html']]);
    const plain = await send('GET', `/${bucket}/gone`);
    expect([plain.code, plain.header('x-oss-delete-marker')]).toEqual(['NoSuchKey', 'true']);
  });

  it('is for reads of objects alone', async () => {
    const bucket = await newSite(errorPage(), pages);
    for (const path of ['/none?acl', '/none?objectMeta', '/none?versionId=null']) {
      expect((await visit(bucket, path)).text).not.toBe(pages['error.html']);
    }
    expect((await visit(bucket, '/none', { method: 'DELETE' })).status).toBe(403);
  });
});

describe('permissions of a website', () => {
  it('[WebsiteServing-18] [Sec-41] are those of its objects: the configuration grants nothing', async () => {
    const bucket = await newSite(`${subDirs(2)}${errorPage(200)}`, pages, 'private');
    for (const path of ['/', '/dir/', '/dir', '/none', '/a.html']) {
      const answer = await visit(bucket, path);
      expect([path, answer.status, answer.code]).toEqual([path, 403, 'AccessDenied']);
      expect(answer.text).not.toContain('<h1>');
    }
    // The control: what may be read is served.
    await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'public-read' } });
    for (const path of ['/', '/dir/', '/dir', '/none', '/a.html']) expect((await visit(bucket, path)).status).toBe(200);
  });

  it('[Sec-41] keep a private error page, and a private index page, out of a public site', async () => {
    const bucket = await newSite(`${subDirs(2)}${errorPage()}`, pages);
    expect((await visit(bucket, '/none')).text).toBe(pages['error.html']);
    expect((await visit(bucket, '/dir')).text).toBe(pages['dir/index.html']);
    for (const key of ['error.html', 'dir/index.html', 'index.html']) {
      await send('PUT', `/${bucket}/${key}?acl`, { headers: { 'x-oss-object-acl': 'private' } });
    }
    const lost = await visit(bucket, '/none');
    expect([lost.status, lost.code]).toEqual([404, 'NoSuchKey']);
    for (const path of ['/', '/dir/', '/dir'])
      expect([(await visit(bucket, path)).code, path]).toEqual(['AccessDenied', path]);
  });

  it('[WebsiteServing-18] let a public page out of a private bucket', async () => {
    const bucket = await newSite(`${index()}${errorPage()}`, pages, 'private');
    await send('PUT', `/${bucket}/index.html?acl`, { headers: { 'x-oss-object-acl': 'public-read' } });
    expect((await visit(bucket, '/')).text).toBe(pages['index.html']);
    expect((await visit(bucket, '/none')).code).toBe('AccessDenied');
    expect((await visit(bucket, '/a.html')).code).toBe('AccessDenied');
  });

  it('[Sec-32] refuse headers that an anonymous visitor wants to choose', async () => {
    const bucket = await newSite(`${index()}${errorPage()}`, pages);
    for (const path of [
      '/a.html?response-content-type=text/plain',
      '/?response-content-type=text/plain',
      '/none?response-expires=x',
      '/dir/?response-cache-control=x',
    ]) {
      const answer = await visit(bucket, path);
      expect([path, answer.status]).toEqual([path, 400]);
    }
    const signed = await send('GET', `/${bucket}/a.html?response-content-type=text%2Fplain`);
    expect([signed.status, signed.header('content-type')]).toEqual([200, 'text/plain']);
    const broken = await send('GET', `/${bucket}/a.html?response-content-type=a%0D%0Ab`);
    expect([broken.status, broken.code]).toEqual([400, 'InvalidArgument']);
  });

  it('[Sec-41] follow no redirect that an object brings along', async () => {
    const bucket = await newSite(index(), pages);
    await putPage(bucket, 'go.html', 'stay', { 'x-oss-website-redirect-location': 'javascript:alert(1)' });
    const answer = await visit(bucket, '/go.html');
    expect([answer.status, answer.text, answer.header('location')]).toEqual([200, 'stay', null]);
  });
});
