// 125 callers of one process who all want a token now, each as the guide of their library has it. The process
// has one client; the grant is read from a shared file and written back after each refresh.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const callers = 125;
const { peer, file, url, library } = JSON.parse(process.argv[2]);
const application = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' };
const { clientId, clientSecret } = application;
const grant = peer === 'fresco' ? {} : JSON.parse(readFileSync(file, 'utf8'));
const keep = (refreshToken) => {
  if (!refreshToken) return;
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ ...grant, refreshToken }));
  renameSync(`${file}.${process.pid}`, file);
};

const peers = {
  fresco: async () => {
    const { tokenSource } = await import(library);
    const source = tokenSource({ store: 'aws' });
    return () => source.token();
  },

  // Has a call to refresh and nothing that remembers: whoever finds the token expired makes it.
  'official-sdk': async () => {
    const sdk = await import('@fattureincloud/fattureincloud-ts-sdk');
    const { OAuth2AuthorizationCodeManager } = sdk.default ?? sdk;
    const redirect = 'http://localhost:8787/callback';
    const oauth = new OAuth2AuthorizationCodeManager(clientId, clientSecret, redirect, url);
    return async () => {
      const { accessToken, refreshToken } = await oauth.refreshToken(grant.refreshToken);
      keep(refreshToken);
      return accessToken;
    };
  },

  // `if (token.expired()) token = await token.refresh()`, on one token for the process.
  'simple-oauth2': async () => {
    const { AuthorizationCode } = (await import('simple-oauth2')).default;
    const client = new AuthorizationCode({
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost: url, tokenPath: '/oauth/token' },
      options: { authorizationMethod: 'body', bodyFormat: 'json' },
    });
    const expired = { refresh_token: grant.refreshToken, expires_at: new Date(0).toISOString() };
    let token = client.createToken(expired);
    return async () => {
      if (token.expired()) token = await token.refresh();
      keep(token.token.refresh_token);
      return token.token.access_token;
    };
  },

  // Pure grants: the caller keeps the tokens.
  'openid-client': async () => {
    const oidc = await import('openid-client');
    const server = { issuer: url, token_endpoint: `${url}/oauth/token` };
    const configuration = new oidc.Configuration(
      server,
      clientId,
      undefined,
      oidc.ClientSecretPost(clientSecret),
    );
    oidc.allowInsecureRequests(configuration);
    return async () => {
      const tokens = await oidc.refreshTokenGrant(configuration, grant.refreshToken);
      keep(tokens.refresh_token);
      return tokens.access_token;
    };
  },

  // Refreshes by itself, once for all callers of a client, and tells of new tokens by an event.
  'google-auth-library': async () => {
    const { OAuth2Client } = await import('google-auth-library');
    const endpoints = { oauth2TokenUrl: `${url}/oauth/token` };
    const client = new OAuth2Client({ ...application, endpoints });
    client.on('tokens', (tokens) => keep(tokens.refresh_token));
    client.setCredentials({
      access_token: 'a/0001invented',
      refresh_token: grant.refreshToken,
      expiry_date: 1,
    });
    return async () => (await client.getAccessToken()).token;
  },
};

const call = await peers[peer]();
process.on('message', async () => {
  const ends = await Promise.allSettled(Array.from({ length: callers }, () => call()));
  const served = ends.filter(
    ({ status, value }) => status === 'fulfilled' && Boolean(value),
  ).length;
  const why = ends.find(({ status }) => status === 'rejected')?.reason;
  process.send({ served, why: why === undefined ? undefined : String(why.message).slice(0, 80) });
  process.disconnect();
});
process.send('ready');
