import {
  connectSite,
  type SiteAnswer,
  type SiteEnd,
  type SiteRequest,
} from '../../connect/site.ts';
import { consentDoor } from '../../core/consent/door.ts';
import type { RotationPorts } from '../../core/rotation/pass.ts';
import { consentProvider, scopesOfLogin } from '../../fatture-in-cloud/api/consent.ts';
import { admittedSenders } from '../../local/admitted-senders.ts';
import { systemRandom } from '../../local/clock.ts';
import { consentStore } from '../../local/consent-store.ts';
import { expectedSubscriptions } from '../../local/expected-subscriptions.ts';
import type { FileStore } from '../../local/file-store/file-store.ts';
import type { Provider } from '../provider.ts';

export type { SiteAnswer, SiteEnd, SiteRequest };

/** The pages for consent as one machine serves them. */
export type ConsentPages = (request: SiteRequest) => Promise<SiteAnswer>;

/** What the pages of one connection in a file store are made of. */
export interface ConsentPagesParts {
  readonly store: FileStore;
  readonly connection: string;
  readonly provider: Provider;
  readonly ports: () => RotationPorts;
  /** Where browsers reach them on this machine: `http://127.0.0.1:4000/connect`. */
  readonly connectUrl: string;
  readonly onEnd: (end: SiteEnd) => void;
  /** Hears why a consent was not installed. */
  readonly onNote: (why: string) => void;
}

/** The handler of the public function, over the ports of a file store. */
export function consentPages(parts: ConsentPagesParts): ConsentPages {
  const { store, connection, provider, connectUrl, onEnd, onNote } = parts;
  return connectSite({
    connections: [connection],
    providerUrl: provider.profile.authorizeUrl ?? provider.profile.baseUrl,
    isHttps: connectUrl.startsWith('https:'),
    random: systemRandom,
    door: (request) => {
      const rotation = parts.ports();
      return consentDoor({
        rotation,
        store: consentStore(store, connection, rotation.clock),
        provider: consentProvider(provider),
        redirectUri: `${connectUrl}/callback`,
        senders: admittedSenders(store, connection),
        defaultScopes: async () => {
          const expected = await expectedSubscriptions(store, connection).list();
          return scopesOfLogin(expected.flatMap(({ types }) => types));
        },
        note: onNote,
      })(request);
    },
    onEnd,
  });
}
