// The least that can do it: no SDK at all, requests signed by hand.
import { createHash, createHmac } from 'node:crypto';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

async function call(action: string, input: unknown): Promise<Record<string, string>> {
  const region = process.env['AWS_REGION'] ?? '';
  const host = `secretsmanager.${region}.amazonaws.com`;
  const body = JSON.stringify(input);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/${region}/secretsmanager/aws4_request`;
  const target = `secretsmanager.${action}`;
  const token = process.env['AWS_SESSION_TOKEN'] ?? '';
  const signed = 'host;x-amz-date;x-amz-security-token;x-amz-target';
  const canonical = `POST\n/\n\nhost:${host}\nx-amz-date:${date}\nx-amz-security-token:${token}\nx-amz-target:${target}\n\n${signed}\n${hash(body)}`;
  const parts = scope.split('/');
  const key = parts.reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${process.env['AWS_SECRET_ACCESS_KEY'] ?? ''}`,
  );
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`);
  const answer = await fetch(`https://${host}/`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-date': date,
      'x-amz-security-token': token,
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=${process.env['AWS_ACCESS_KEY_ID'] ?? ''}/${scope}, SignedHeaders=${signed}, Signature=${signature.toString('hex')}`,
    },
  });
  return (await answer.json()) as Record<string, string>;
}

export const handler = async (): Promise<unknown> => {
  const SecretId = process.env['SECRET_ID'];
  const { SecretString = '{}' } = await call('GetSecretValue', { SecretId });
  const answer = await fetch('https://api-v2.fattureincloud.it/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...JSON.parse(SecretString), grant_type: 'refresh_token' }),
  });
  await call('PutSecretValue', { SecretId, SecretString: await answer.text() });
  return {};
};
