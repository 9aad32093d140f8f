import { describe, expect, it } from 'vitest';
import { post } from '../support/form.ts';
import { newBucket, send } from '../support/wire.ts';

describe('PostObject', () => {
  it('stores', async () => {
    const bucket = await newBucket();
    const answer = await post(bucket);
    expect(answer.text).toBe('');
    expect(answer.status).toBe(204);
    const got = await send('GET', `/${bucket}/a.txt`);
    expect(got.text).toBe('hello');
  });
});
