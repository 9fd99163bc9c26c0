import type { Client, Clock, TokenAnswer, TokenEndpoint } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import type { ConnectionOptions } from '../http/connection.ts';
import { type HttpAnswer, type HttpRequest, sendOnce } from '../http/exchange.ts';
import { httpDateMs } from '../http/retry-after.ts';
import { apiOrigin, type ProviderProfile, tokenOrigin } from '../profile.ts';
import { classify } from './token-answer.ts';
import { tokenRequest } from './token-request.ts';

/** An answer of a token endpoint may have this many bytes; tokens are a few hundred. */
export const tokenAnswerBytesMax = 64 * 1024;

/** What a token endpoint needs from its surroundings. */
export interface TokenEndpointOptions extends ConnectionOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The whole of one request, look-up and answer included. */
  readonly requestMs: number;
}

/** A provider's token endpoint, with the grant that starts a connection; one request for each call. */
export interface ProviderTokenEndpoint extends TokenEndpoint {
  /**
   * Exchanges an authorization code (RFC 6749 §4.1.3), with the verifier of its request (RFC 7636 §4.5);
   * `invalid-grant`: the code is old, used or another's.
   */
  exchange(code: Secret, client: Client, codeVerifier?: Secret): Promise<TokenAnswer>;
}

/** The token endpoint that a profile describes. */
export function tokenEndpoint(
  profile: ProviderProfile,
  options: TokenEndpointOptions,
): ProviderTokenEndpoint {
  const send = (
    parameters: Record<string, string | Secret>,
    client: Client,
  ): Promise<TokenAnswer> =>
    sendTokenRequest(tokenRequest(profile.tokenUrl, parameters, client, profile), profile, options);
  return {
    refresh: (refreshToken, client) =>
      send({ grant_type: 'refresh_token', refresh_token: refreshToken }, client),
    exchange: (code, client, codeVerifier) =>
      send(
        {
          grant_type: 'authorization_code',
          code: code.boundTo(tokenOrigin(profile)),
          ...(client.redirectUri === undefined ? {} : { redirect_uri: client.redirectUri }),
          ...(codeVerifier === undefined
            ? {}
            : { code_verifier: codeVerifier.boundTo(tokenOrigin(profile)) }),
        },
        client,
      ),
  };
}

async function sendTokenRequest(
  request: HttpRequest,
  profile: ProviderProfile,
  options: TokenEndpointOptions,
): Promise<TokenAnswer> {
  const outcome = await sendOnce(request, {
    ...options,
    bodyBytesMax: tokenAnswerBytesMax,
    isLenient: true,
  });
  switch (outcome.kind) {
    case 'never-sent':
      return outcome;
    case 'unanswered':
      return { kind: 'uncertain', cause: outcome.cause };
    case 'answered':
      return boundAnswer(outcome.answer, profile, options.clock.nowMs());
  }
}

/** What an answer means; tokens in it are for the origins of this provider and no other. */
export function boundAnswer(
  answer: HttpAnswer,
  profile: ProviderProfile,
  nowMs: number,
): TokenAnswer {
  const { defaultLifetimeSeconds } = profile;
  const classified = classify(answer, { nowMs, defaultLifetimeSeconds });
  if (classified.kind !== 'granted') return classified;
  const { accessToken, refreshToken, ...rest } = classified.tokens;
  const dateMs = httpDateMs(answer.headers.date);
  return {
    kind: 'granted',
    tokens: {
      ...rest,
      ...(dateMs === undefined ? {} : { dateMs }),
      accessToken: accessToken.boundTo(apiOrigin(profile)),
      ...(refreshToken && { refreshToken: refreshToken.boundTo(tokenOrigin(profile)) }),
    },
  };
}
