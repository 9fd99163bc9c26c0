// As much of the peers as is used here, so that types are checked where they are not installed.
declare module '@aws-lambda-powertools/logger' {
  export class Logger {
    info(message: string): void;
  }
}

declare module '@aws-lambda-powertools/metrics' {
  export class Metrics {
    constructor(options: { readonly namespace: string });
    addMetric(name: string, unit: string, value: number): void;
    publishStoredMetrics(): void;
  }
}

declare module '@aws-lambda-powertools/parameters/secrets' {
  export class SecretsProvider {
    constructor(options: { readonly awsSdkV3Client: unknown });
    get(name: string, options?: { readonly maxAge?: number }): Promise<string | undefined>;
  }
}

declare module '@aws-lambda-powertools/tracer' {
  export class Tracer {
    captureAWSv3Client<Client>(client: Client): Client;
  }
}

declare module 'simple-oauth2' {
  export interface AccessToken {
    readonly token: Readonly<Record<string, unknown>>;
    expired(): boolean;
    refresh(): Promise<AccessToken>;
  }

  export class AuthorizationCode {
    constructor(options: {
      readonly client: { readonly id: string; readonly secret: string };
      readonly auth: { readonly tokenHost: string; readonly tokenPath: string };
      readonly options: { readonly authorizationMethod: 'body'; readonly bodyFormat: 'json' };
    });
    createToken(token: Readonly<Record<string, unknown>>): AccessToken;
  }
}

declare module 'openid-client' {
  export class Configuration {
    constructor(
      server: { readonly issuer: string; readonly token_endpoint: string },
      clientId: string,
      metadata: undefined,
      authentication: unknown,
    );
  }
  export function ClientSecretPost(clientSecret: string): unknown;
  export function allowInsecureRequests(configuration: Configuration): void;
  export function refreshTokenGrant(
    configuration: Configuration,
    refreshToken: string,
  ): Promise<{ readonly access_token: string; readonly refresh_token?: string }>;
}

declare module 'google-auth-library' {
  export class OAuth2Client {
    constructor(options: {
      readonly clientId: string;
      readonly clientSecret: string;
      readonly endpoints: { readonly oauth2TokenUrl: string };
    });
    setCredentials(credentials: {
      readonly refresh_token: string;
      readonly access_token: string;
      readonly expiry_date: number;
    }): void;
    on(event: 'tokens', hear: (tokens: { readonly refresh_token?: string | null }) => void): void;
    getAccessToken(): Promise<{ readonly token?: string | null }>;
  }
}
