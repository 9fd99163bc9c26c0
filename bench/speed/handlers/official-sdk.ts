// What the guide's readers write: read the refresh token, refresh with the official SDK, put the new one.
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { OAuth2AuthorizationCodeManager } from '@fattureincloud/fattureincloud-ts-sdk';

const client = new SecretsManagerClient({});

export const handler = async (): Promise<unknown> => {
  const SecretId = process.env['SECRET_ID'];
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
  const stored = JSON.parse(SecretString) as Record<string, string>;
  const oauth = new OAuth2AuthorizationCodeManager(
    stored['clientId'] ?? '',
    stored['clientSecret'] ?? '',
    stored['redirectUri'] ?? '',
  );
  const tokens = await oauth.refreshToken(stored['refreshToken'] ?? '');
  await client.send(
    new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify({ ...stored, ...tokens }) }),
  );
  return {};
};
