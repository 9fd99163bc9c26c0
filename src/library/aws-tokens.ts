import { rotatorClient, waitingLambda } from '../aws/lambda.ts';
import { secretsManager, secretsManagerSecret } from '../aws/secrets-manager.ts';
import { createTokenSource, type TokenSource } from '../core/consumers/token-source.ts';
import type { Clock } from '../core/ports.ts';
import { boundByGrant } from '../core/records/stored-origin.ts';

/** The one secret that a consumer reads. */
export interface AwsTokensOptions {
  /** Name or ARN of the access-token secret. */
  readonly secretId: string;
  /** Absent: the ARN's, else the environment's. */
  readonly region?: string;
  readonly clock: Clock;
}

/**
 * Tokens from Secrets Manager, asking the rotator that the published token names. It reads that one secret
 * and invokes that one alias, and needs no other right.
 */
export function awsTokens({ secretId, region, clock }: AwsTokensOptions): TokenSource {
  const place = region ?? regionIn(secretId);
  const secrets = secretsManager(regional(place));
  return createTokenSource({
    clock,
    accessToken: boundByGrant(secretsManagerSecret(secrets, secretId)),
    rotatorOf: ({ connection, refreshWith }) => {
      if (refreshWith === undefined) return undefined;
      const lambda = waitingLambda(regional(regionIn(refreshWith)));
      return rotatorClient(lambda, refreshWith, connection);
    },
  });
}

/** `arn:aws:<service>:<region>:…`; `undefined` for a name. */
function regionIn(arn: string): string | undefined {
  const [scheme, , , region] = arn.split(':');
  return scheme === 'arn' && region !== '' ? region : undefined;
}

function regional(region: string | undefined): { region?: string } {
  return region === undefined ? {} : { region };
}
