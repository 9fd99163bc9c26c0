import { inspect } from 'node:util';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { call, refusalOf } from '../../src/aws/failures.ts';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import { withVariables } from '../cli/surroundings.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import { startLoopback } from '../doubles/http/loopback.ts';

/** An error as the SDK throws it for a service's answer. */
function serviceError(name: string, httpStatusCode = 400): Error {
  const error = Object.assign(new Error('as the service said'), { $fault: 'client' });
  return Object.assign(error, { name, $metadata: { httpStatusCode } });
}

describe('an error of AWS', () => {
  it.each([
    { error: serviceError('ThrottlingException'), reason: 'throttled' },
    { error: serviceError('TooManyRequestsException', 429), reason: 'throttled' },
    { error: serviceError('ProvisionedThroughputExceededException'), reason: 'throttled' },
    { error: serviceError('RequestLimitExceeded'), reason: 'throttled' },
    { error: serviceError('LimitExceededException'), reason: 'throttled' },
    { error: serviceError('KmsThrottled'), reason: 'throttled' },
    { error: serviceError('InternalServiceError', 500), reason: 'unavailable' },
    { error: serviceError('ServiceUnavailable', 503), reason: 'unavailable' },
    { error: serviceError('AccessDeniedException'), reason: 'denied' },
    { error: serviceError('InvalidSignatureException', 403), reason: 'denied' },
    { error: serviceError('UnrecognizedClientException'), reason: 'denied' },
    { error: serviceError('ExpiredTokenException'), reason: 'denied' },
    { error: serviceError('DecryptionFailure'), reason: 'key-disabled' },
    { error: serviceError('EncryptionFailure'), reason: 'key-disabled' },
    { error: serviceError('KMSDisabledException', 502), reason: 'key-disabled' },
    { error: serviceError('KmsInvalidState'), reason: 'key-disabled' },
    { error: serviceError('ResourceNotFoundException'), reason: 'missing' },
    { error: serviceError('QueueDoesNotExist'), reason: 'missing' },
    { error: serviceError('InvalidRequestException'), reason: 'missing' },
    { error: serviceError('ValidationException'), reason: 'damaged' },
    { error: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), reason: 'unavailable' },
    { error: Object.assign(new Error('x'), { name: 'TimeoutError' }), reason: 'unavailable' },
    {
      error: Object.assign(new Error('x'), { name: 'CredentialsProviderError' }),
      reason: 'denied',
    },
    { error: 'no error at all', reason: 'unavailable' },
  ])('such as $error is $reason', ({ error, reason }) => {
    expect(refusalOf(error, 'do it').reason).toBe(reason);
  });

  it('is told with what could not be done, what AWS said, and what to do', () => {
    const error = serviceError('AccessDeniedException');
    const refusal = refusalOf(error, 'read fresco/default/grant');
    expect(refusal.message).toBe(
      'could not read fresco/default/grant (AccessDeniedException: as the service said); check the permissions of this role',
    );
    expect(refusal.cause).toBeUndefined();
  });

  it.each(['ValidationException', 'AccessDeniedException', 'InternalServiceError'])(
    'that quotes the request is told without it (%s)',
    (name) => {
      const quoted = ['a\\/0001invented', 'r%2F0001invented', btoa('{"t":"a/0001invented"}')];
      // Where AWS quotes nothing of its own, no mask has to know the secret.
      if (name !== 'AccessDeniedException') quoted.push('of no shape, invented');
      for (const quote of quoted) {
        const error = Object.assign(serviceError(name), { message: `Value '${quote}' failed` });
        const refusal = refusalOf(error, 'store it');
        expect(inspect(refusal, { depth: 9 })).not.toMatch(/invented|aW52ZW50ZWQ/);
        expect(inspect(refusal, { depth: 9 })).not.toContain(quote);
      }
    },
  );

  it('says that no region is set, and that nothing heals that', async () => {
    const none = '/dev/null';
    withVariables({ AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined, AWS_CONFIG_FILE: none });
    const client = new SecretsManagerClient({});
    const asked = secretsManagerSecret(client, 'fresco/default/access-token').current();
    await expect(asked).rejects.toMatchObject({
      reason: 'missing',
      message: expect.stringMatching(/\(no region is set\); set AWS_REGION/),
    });
  });

  it.each(['CredentialsProviderError', 'ExpiredTokenException', 'UnrecognizedClientException'])(
    'of credentials is no matter of permissions (%s)',
    (name) => {
      const { reason, message } = refusalOf(serviceError(name), 'read it');
      expect(reason).toBe('denied');
      expect(message).toMatch(/sign in .*, or give this process a role$/);
      expect(message).not.toContain('permissions');
    },
  );

  it('is an answer where it is expected', async () => {
    const rejecting = () => Promise.reject(serviceError('ResourceExistsException'));
    expect(await call('do it', rejecting, ['ResourceExistsException'])).toBe(
      'ResourceExistsException',
    );
    await expect(call('do it', rejecting, ['OtherException'])).rejects.toMatchObject({
      reason: 'damaged',
    });
  });
});

describe('an answer that breaks off in the middle of a secret', () => {
  it('is refused without a word of it', async () => {
    const loopback = await startLoopback(async (_, response) => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end('{"SecretString":"r/0001invented');
    });
    const client = new SecretsManagerClient(clientConfig(loopback.endpoint));
    const refusal = await secretsManagerSecret(client, 'fresco/default/grant')
      .current()
      .catch((error: unknown) => error);
    client.destroy();
    await loopback.stop();
    expect(refusal).toMatchObject({ name: 'StoreRefused', reason: 'unavailable' });
    expect(inspect(refusal, { depth: 9, showHidden: true })).not.toContain('0001invented');
  });
});
