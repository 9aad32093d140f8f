import { expect, it } from 'vitest';
import { newBucket, send } from '../support/wire.ts';

it('[HeadObject-13] HEAD carries CORS headers where origin and method match a rule, and only there', async () => {
  const bucket = await newBucket();
  await send('PUT', `/${bucket}/a`, { body: 'x' });
  const rule =
    '<CORSConfiguration><CORSRule><AllowedOrigin>https://site.example</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod>' +
    '<ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>';
  expect((await send('PUT', `/${bucket}?cors`, { body: rule })).status).toBe(200);
  const from = (origin: string, method = 'HEAD') => send(method, `/${bucket}/a`, { headers: { origin } });
  const matched = await from('https://site.example');
  expect(matched.header('access-control-allow-origin')).toBe('https://site.example');
  expect(matched.header('access-control-expose-headers')).toBe('ETag');
  expect((await from('https://other.example')).header('access-control-allow-origin')).toBeNull();
  expect((await from('https://site.example', 'GET')).header('access-control-allow-origin')).toBeNull();
});
