import { LambdaClient } from '@aws-sdk/client-lambda';
import { consentClient, invokeOnce } from '../aws/consent-client.ts';
import { functionLog } from '../aws/reporting/function-log.ts';
import type { Config } from '../config/config.ts';
import { connectSite, type SiteAnswer, type SiteRequest } from '../connect/site.ts';
import { systemRandom } from '../local/clock.ts';

export { requestIn } from './lambda-events.ts';

/** Answers one request to the pages for consent. */
export type ConnectSite = (request: SiteRequest) => Promise<SiteAnswer>;

/** Builds the pages once for each process. Nothing of a request is logged but a connection that there is. */
export function buildConnectSite(config: Config<'connect'>): ConnectSite {
  const { connections, providerUrl, consentAlias } = config;
  const log = functionLog('connect');
  return connectSite({
    connections,
    providerUrl,
    isHttps: true,
    door: consentClient(new LambdaClient(invokeOnce), consentAlias),
    random: systemRandom,
    onEnd: ({ step, page, ...end }) => {
      log[end.error === undefined ? 'info' : 'error'](`connect ${step}: ${page}`, end);
    },
  });
}
