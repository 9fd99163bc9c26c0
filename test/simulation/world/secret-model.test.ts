// Goal: the simulated secret is no kinder than a real one.
// Method: the contract of every store of secrets, and its own reads that fall behind.
import { describe, expect, it } from 'vitest';
import type { PendingSecret } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { pendingSecretContract, versionedSecretContract } from '../../contract/versioned-secret.ts';
import { SecretModel } from './secret-model.ts';

const opened = (model: SecretModel): PendingSecret => ({
  current: async () => model.readCurrent(),
  version: async (versionId) => model.readVersion(versionId),
  put: async (versionId, value) => model.put(versionId, value, 'next'),
  promote: async (versionId, from) => model.promote(versionId, from),
  putPending: async (versionId, value) => model.put(versionId, value, 'AWSPENDING'),
  dropPending: async (versionId) => model.dropPending(versionId),
});

versionedSecretContract('the simulated secret', async () => [opened(new SecretModel())], {
  hasLimits: true,
});
pendingSecretContract('the simulated secret', async () => [opened(new SecretModel())]);

describe('the simulated secret', () => {
  const value = new Secret('invented');
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(32)) as [
    string,
    string,
    string,
  ];

  it('shows reads an older state for as many reads as told, and writes never', () => {
    const model = new SecretModel();
    model.put(one, value, 'next');
    model.put(two, value, 'next');
    model.promote(two, one);
    model.makeStale(1, 2);
    expect(model.readCurrent()?.versionId).toBe(one);
    expect(model.promote(one, one)).toBe('moved');
    expect(model.readCurrent()?.versionId).toBe(one);
    expect(model.readCurrent()?.versionId).toBe(two);
  });

  it('can show reads nothing at all', () => {
    const model = new SecretModel();
    model.put(one, value, 'next');
    model.makeStale(1000, 1);
    expect(model.readVersion(one)).toBeUndefined();
    expect(model.readVersion(one)?.versionId).toBe(one);
  });

  it('keeps labelled versions when those without a label vanish', () => {
    const model = new SecretModel();
    for (const id of [one, two, three]) model.put(id, value, 'next');
    model.promote(two, one);
    model.promote(three, two);
    model.dropUnlabelled();
    expect(model.readVersion(one)).toBeUndefined();
    expect(model.readVersion(two)?.versionId).toBe(two);
  });

  it('refuses a rotation while another one is pending', () => {
    const model = new SecretModel();
    model.put(one, value, 'next');
    expect(model.startRotation(two)).toBe(true);
    expect(model.startRotation(three)).toBe(false);
    model.dropPending(two);
    expect(model.startRotation(three)).toBe(true);
  });
});
