import { describe, expect, it } from 'vitest';
import { logout } from '../../../src/core/operations/logout.ts';
import { installManualToken } from '../../../src/core/operations/manual-token.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { NativeRotationFailed, rotateNatively } from '../../../src/core/rotation/native.ts';
import { Secret } from '../../../src/core/secret.ts';
import { granted, grantOf, hour, memoryConnection } from '../memory-connection.ts';

const token = 'a-token-of-secrets-manager-00001';
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

function connection(...answers: Parameters<typeof memoryConnection>[0] & object) {
  const made = memoryConnection(answers);
  made.store(grantOf(hour));
  made.grant.pendingId = token;
  const step = (name: (typeof steps)[number]) =>
    rotateNatively(made.ports(), { step: name, versionId: token, remainingMs: () => 60_000 });
  return { ...made, step };
}

describe("Secrets Manager's own rotation", () => {
  it('ends with its version current, a copy of what one ordinary pass has made', async () => {
    const it = connection(granted(2));
    for (const name of steps) await it.step(name);
    expect(it.grant.currentId).toBe(token);
    expect(it.currentGrant().refreshToken.reveal()).toBe('r/0002invented');
    expect(it.publishedToken().accessToken.reveal()).toBe('a/0002invented');
    expect(it.grant.pendingId).toBeUndefined();
  });

  it('spends nothing where its process will not live to keep what that brings', async () => {
    const it = connection();
    const remainingMs = () => 20_000;
    const creating = { step: 'createSecret', versionId: token, remainingMs } as const;
    await expect(rotateNatively(it.ports(), creating)).rejects.toThrow("ended with 'out-of-time'");
    expect(it.presented).toEqual([]);
  });

  it('spends one token though every step is delivered twice', async () => {
    const it = connection(granted(2));
    for (const name of steps.flatMap((step) => [step, step])) await it.step(name);
    expect(it.presented).toHaveLength(1);
    expect(it.grant.currentId).toBe(token);
  });

  it('spends one token though the process is repeated from its beginning under another id', async () => {
    const it = connection(granted(2));
    await it.step('createSecret');
    await rotateNatively(it.ports(), { step: 'createSecret', versionId: 'b'.repeat(32) });
    expect(it.presented).toHaveLength(1);
  });

  it('spends one token though a step is delivered again much later', async () => {
    const it = connection(granted(2));
    await it.step('createSecret');
    it.passTime(11 * 60_000);
    await it.step('createSecret');
    expect(it.presented).toHaveLength(1);
  });

  it('lets go of AWSPENDING where the pass brought nothing, so that later rotations are not refused', async () => {
    const it = connection({ kind: 'never-sent', cause: 'no DNS' });
    await expect(it.step('createSecret')).rejects.toThrow(NativeRotationFailed);
    expect(it.grant.pendingId).toBeUndefined();
  });

  it('gives way to what became current after the copy', async () => {
    const it = connection(granted(2));
    await it.step('createSecret');
    it.store(grantOf(0, { generation: 3 }), 'newer');
    await it.step('finishSecret');
    expect(it.grant.currentId).toBe('newer');
    expect(it.grant.pendingId).toBeUndefined();
  });

  it('lets go of AWSPENDING where somebody has logged out since the copy', async () => {
    const it = connection(granted(2));
    await it.step('createSecret');
    await logout(it.ports());
    await it.step('finishSecret');
    expect(() => it.currentGrant()).toThrow('logged out');
    expect(it.grant.pendingId).toBeUndefined();
  });

  it('has nothing to copy where a manual token lies over what was logged out', async () => {
    const it = connection();
    await logout(it.ports());
    const accessToken = new Secret('a/0009invented');
    await installManualToken(it.ports(), { accessToken, companies: [], scopes: [] });
    await expect(it.step('createSecret')).rejects.toThrow("the pass ended with 'fresh'");
    expect(it.grant.pendingId).toBeUndefined();
  });

  it('fails its test where the provider rejects the token, and not where it cannot be asked', async () => {
    const it = connection(granted(2));
    await it.step('createSecret');
    it.verdicts.push('unknown');
    await it.step('testSecret');
    it.grant.pendingId = token;
    it.verdicts.push('rejected');
    await expect(it.step('testSecret')).rejects.toThrow('rejects the new access token');
    expect(it.grant.pendingId).toBeUndefined();
  });

  it('has nothing to test or finish before there is a copy, or an access token', async () => {
    const it = connection();
    it.verdicts.push('rejected');
    await it.step('testSecret');
    await it.step('finishSecret');
    expect(it.grant.currentId).toBe('v1');
    it.grant.versions.set(token, encodeGrant(grantOf(0, { accessToken: null })));
    await it.step('testSecret');
    it.grant.currentId = undefined;
    await it.step('finishSecret');
    expect(it.verdicts).toEqual(['rejected']);
  });

  it('finds its version current already', async () => {
    const it = connection();
    it.grant.versions.set(token, new Secret(encodeGrant(grantOf(0)).reveal()));
    it.grant.currentId = token;
    await it.step('finishSecret');
    expect(it.grant.currentId).toBe(token);
  });
});
