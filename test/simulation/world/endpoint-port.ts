// Goal: the provider's token endpoint as a process sees it, with every way in which a request can end.
// Method: bytes arrive, or not; the server commits, or not, or later; and something comes back, or not.
import type { TokenAnswer, TokenEndpoint } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { classify } from '../../../src/fatture-in-cloud/oauth/token-answer.ts';
import { dialects } from '../../../src/sandbox/oauth/dialects.ts';
import type { FaultKind } from '../histories/faults.ts';
import type { Ledger } from '../judge/ledger.ts';
import type { Limits } from '../judge/limits.ts';
import type { Presentation } from '../judge/pairs.ts';
import type { Issue } from './provider.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** The endpoint for one process. */
export function endpointOf(
  { world, ledger, limits }: { world: World; ledger: Ledger; limits: Limits },
  process: Process,
): TokenEndpoint {
  return {
    refresh: (refreshToken, client) => {
      // The server looks at who asks first, then at the token.
      const isKnown = () => client.clientSecret?.reveal() === world.provider.clientSecret;
      limits.onSend(process);
      let presentation: Presentation | undefined;
      const presentOnly = () => {
        presentation = ledger.present(process, refreshToken.reveal());
        return presentation;
      };
      const ways: Ways = {
        presentOnly,
        present: () => {
          const made = presentOnly();
          return isKnown() ? ledger.commit(made) : 'stranger';
        },
        presentLate: () => {
          const late = presentOnly();
          world.later(world.chance.between(10_000, 70_000), () => {
            if (isKnown()) ledger.commit(late);
          });
        },
      };
      return world.call<TokenAnswer>(process, {
        label: 'endpoint.refresh',
        effect: () => answerOf(world, ways.present()),
        onAnswer: (answer) => {
          limits.onAnswer(process, answer);
          if (presentation) ledger.answered(presentation, answer);
        },
        onFault: (kind) => requestFault(world, ledger, kind, ways),
      });
    },
  };
}

interface Ways {
  readonly present: () => Issue | 'stranger' | undefined;
  readonly presentLate: () => void;
  readonly presentOnly: () => void;
}

function answerOf(world: World, issue: Issue | 'stranger' | undefined): TokenAnswer {
  if (issue === undefined) return refusalIn(world, 'token');
  if (issue === 'stranger') return refusalIn(world, 'application');
  const { omitsRefreshToken, accessTokenSeconds } = world.provider.settings;
  const omits = omitsRefreshToken && issue.refreshToken === issue.parent?.refreshToken;
  return {
    kind: 'granted',
    tokens: {
      accessToken: new Secret(issue.accessToken),
      ...(omits ? {} : { refreshToken: new Secret(issue.refreshToken) }),
      expiresInSeconds: accessTokenSeconds,
      lifetimeAssumed: false,
    },
  };
}

/** A refusal in the server's dialect, as the real client understands it. */
function refusalIn({ provider, nowMs }: World, what: 'token' | 'application'): TokenAnswer {
  const [status, body] = dialects[provider.settings.dialect][what];
  const answer = { status, headers: {}, body: JSON.stringify(body) };
  return classify(answer, { nowMs, defaultLifetimeSeconds: 86_400 });
}

/** How a request goes wrong: whether its bytes arrive, whether the server commits, and what comes back. */
function requestFault(
  world: World,
  ledger: Ledger,
  kind: FaultKind,
  ways: Ways,
): (() => TokenAnswer) | undefined {
  const afterwards = (way: () => unknown, answer: TokenAnswer) => () => {
    way();
    return answer;
  };
  switch (kind) {
    case 'answer is lost':
      return afterwards(ways.present, { kind: 'uncertain', cause: 'reset' });
    case 'server fails after commit':
      return afterwards(ways.present, { kind: 'uncertain', cause: '5xx', status: 502 });
    case 'server commits late':
      return afterwards(ways.presentLate, { kind: 'uncertain', cause: 'timeout' });
    case 'request is lost':
      return afterwards(ways.presentOnly, { kind: 'uncertain', cause: 'timeout' });
    case 'server fails before commit':
      return afterwards(ways.presentOnly, { kind: 'uncertain', cause: '5xx', status: 500 });
    case 'server throttles':
      return () => {
        const retryAfterMs = world.chance.between(1, 5000) * 1000;
        return { kind: 'throttled', status: 429, retryAfterMs };
      };
    case 'nothing is sent':
      return () => ({ kind: 'never-sent', cause: 'ECONNREFUSED' });
    case 'client is refused':
      return () => refusalIn(world, 'application');
    case 'secret is changed':
      return () => {
        world.provider.changeSecret();
        return answerOf(world, ways.present());
      };
    case 'answer is odd':
      return () => ({ kind: 'unexpected', status: 403, contentType: 'text/html' });
    case 'lifetime is odd':
      return () => odd(answerOf(world, ways.present()));
    case 'consent is revoked':
      return () => {
        ledger.revokeConsent();
        return answerOf(world, ways.present());
      };
    default:
      return undefined;
  }
}

function odd(answer: TokenAnswer): TokenAnswer {
  if (answer.kind !== 'granted') return answer;
  return { ...answer, tokens: { ...answer.tokens, lifetimeAssumed: true } };
}
