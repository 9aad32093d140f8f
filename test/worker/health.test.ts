import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

it('answers its health check', async () => {
  const response = await exports.default.fetch('http://localhost/-/health');
  expect(response.status).toBe(200);
});
