import { createRequire } from 'node:module';
import { type Build, withPut } from './contender.ts';

// What Fresco is compared with lives in bench/, behind its lockfile.
const required = createRequire(new URL('../package.json', import.meta.url));

interface SimpleOauth2 {
  readonly AuthorizationCode: new (
    config: object,
  ) => {
    createToken(token: object): {
      refresh(): Promise<{ readonly token: Readonly<Record<string, unknown>> }>;
    };
  };
}

interface OfficialSdk {
  readonly OAuth2AuthorizationCodeManager: new (
    clientId: string,
    clientSecret: string,
    redirectUri: string,
    baseUri: string,
  ) => {
    refreshToken(refreshToken: string): Promise<{
      readonly accessToken: string;
      readonly refreshToken: string;
      readonly expiresIn: number;
    }>;
  };
}

/** simple-oauth2 as its README shows it, and a put. */
export const simpleOauth2: Build = (world) => {
  const { AuthorizationCode } = required('simple-oauth2') as SimpleOauth2;
  return withPut('simple-oauth2 and a put', world, async (actor, pair) => {
    const client = new AuthorizationCode({
      client: { id: 'sandbox-client', secret: 'sandbox-secret' },
      auth: { tokenHost: world.baseUrl, tokenPath: `/${actor.name}/oauth/token` },
      options: { authorizationMethod: 'body', bodyFormat: 'json' },
    });
    const { accessToken: access_token, refreshToken: refresh_token } = pair;
    const { token } = await client.createToken({ access_token, refresh_token }).refresh();
    return {
      accessToken: String(token['access_token']),
      refreshToken: token['refresh_token'] as string | undefined,
      expiresInSeconds: Number(token['expires_in']),
    };
  });
};

/** The official SDK's refresh, and a put. */
export const officialSdk: Build = (world) => {
  const sdk = required('@fattureincloud/fattureincloud-ts-sdk') as OfficialSdk;
  return withPut('official SDK and a put', world, async (actor, pair) => {
    const manager = new sdk.OAuth2AuthorizationCodeManager(
      'sandbox-client',
      'sandbox-secret',
      'http://localhost:8787/callback',
      world.urlFor(actor),
    );
    const { accessToken, refreshToken, expiresIn } = await manager.refreshToken(pair.refreshToken);
    return { accessToken, refreshToken, expiresInSeconds: expiresIn };
  });
};
