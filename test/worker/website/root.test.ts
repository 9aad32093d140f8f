import { expect, it } from 'vitest';
import { newBucket, send } from '../support/wire.ts';

it('[GetBucket-23] GET of the root is a listing for who signs it, and the index page for everybody else', async () => {
  const bucket = await newBucket({ acl: 'public-read' });
  await send('PUT', `/${bucket}/index.html`, { body: '<p>home</p>', headers: { 'content-type': 'text/html' } });
  const website =
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>';
  expect((await send('PUT', `/${bucket}?website`, { body: website })).status).toBe(200);
  const signed = await send('GET', `/${bucket}`);
  expect([signed.status, signed.all('Key')]).toEqual([200, ['index.html']]);
  const anonymous = await send('GET', `/${bucket}`, { as: 'anonymous' });
  expect([anonymous.status, anonymous.text, anonymous.header('content-type')]).toEqual([
    200,
    '<p>home</p>',
    'text/html',
  ]);
});
