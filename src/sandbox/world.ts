import { randomBytes } from 'node:crypto';
import { eventTypePrefix } from '../fatture-in-cloud/webhooks/event-types.ts';
import { collectionSpecs } from './api/collection-specs.ts';
import { Collections } from './api/collections.ts';
import { type Company, sandboxCompany } from './api/companies.ts';
import { Quotas } from './api/quotas.ts';
import { romeDate } from './api/rome-time.ts';
import { specimen } from './api/specimens.ts';
import { type Clock, SandboxClock } from './clock.ts';
import { Activity } from './control/activity.ts';
import { Faults } from './control/faults.ts';
import { defaultSettings, type Settings } from './control/settings.ts';
import { type Application, sandboxApplication } from './oauth/application.ts';
import { Authorizations } from './oauth/authorizations.ts';
import { DeviceCodes } from './oauth/device-codes.ts';
import { Grants } from './oauth/grants.ts';
import { Mint, type Random } from './oauth/mint.ts';
import { Scheduler } from './scheduler.ts';
import { Deliveries } from './webhooks/deliveries.ts';
import { httpSender, type SendToSink } from './webhooks/sender.ts';
import { type WebhookSigner, webhookSigner } from './webhooks/signer.ts';
import { Subscriptions } from './webhooks/subscriptions.ts';

/** How a sandbox differs from the usual one. */
export interface SandboxOptions {
  /** @default - this machine's clock */
  readonly clock?: Clock;
  /** @default - unpredictable; `seededRandom` repeats */
  readonly random?: Random;
  /** @default - `sandboxApplication` */
  readonly application?: Application;
  /** @default - `sandboxCompany` alone */
  readonly companies?: readonly Company[];
  /** What `reset` goes back to. @default - `defaultSettings` */
  readonly settings?: Partial<Settings>;
  /** Approves every authorization request without a page. @default false */
  readonly autoConsent?: boolean;
  /** How many entities of each kind and document type exist at first. @default 3 */
  readonly entitiesOfEachKind?: number;
  /** How webhooks leave. @default - over real connections */
  readonly send?: SendToSink;
  /** P-256, PEM: signs webhooks, so that a receiver's setting outlives the process. @default - a new one */
  readonly signingKeyPem?: string;
  /** Real waiting, for the fault `delay` alone. @default - a timer */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Everything that a sandbox consists of, without its paths. */
export interface World {
  readonly application: Application;
  readonly companies: readonly Company[];
  readonly autoConsent: boolean;
  readonly clock: SandboxClock;
  readonly mint: Mint;
  readonly signer: WebhookSigner;
  readonly scheduler: Scheduler;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly grants: Grants;
  readonly authorizations: Authorizations;
  readonly deviceCodes: DeviceCodes;
  readonly quotas: Quotas;
  readonly collections: Collections;
  readonly subscriptions: Subscriptions;
  readonly deliveries: Deliveries;
  settings(): Settings;
  changeSettings(changes: Partial<Settings>): void;
  /** Back to the beginning; the signing key stays, and identifiers do not repeat. */
  reset(): void;
}

/** Builds a world at its beginning. */
export function createWorld(options: SandboxOptions = {}): World {
  const { application = sandboxApplication, companies = [sandboxCompany] } = options;
  // Where webhooks leave by another way, they are none of this machine's requests.
  const allowRemoteSinks = options.send !== undefined;
  const initial = { ...defaultSettings, allowRemoteSinks, ...options.settings };
  let current: Settings = initial;
  const settings = () => current;
  const clock = new SandboxClock(options.clock ?? { nowMs: () => Date.now() });
  const mint = new Mint(options.random ?? { bytes: randomBytes });
  const scheduler = new Scheduler(clock);
  const activity = new Activity(clock);
  const subscriptions = new Subscriptions(clock);
  const signer = webhookSigner(options.signingKeyPem);
  const deliveries = new Deliveries({
    clock,
    mint,
    scheduler,
    signer,
    send: options.send ?? httpSender(),
    subscriptions,
    applicationId: application.applicationId,
    onDelivery: (report) => activity.recordDelivery(report),
  });
  const collections = new Collections(clock, ({ companyId, family, action, id }) => {
    deliveries.emit({ companyId, type: `${eventTypePrefix}${family}.${action}`, ids: [id] });
  });
  const populate = () => {
    for (const { id } of companies) seed(collections, clock, id, options.entitiesOfEachKind ?? 3);
  };
  const world: World = {
    application,
    companies,
    autoConsent: options.autoConsent ?? false,
    clock,
    mint,
    signer,
    scheduler,
    activity,
    faults: new Faults(),
    grants: new Grants(clock, mint, settings),
    authorizations: new Authorizations(clock, mint),
    deviceCodes: new DeviceCodes(clock, mint),
    quotas: new Quotas(clock, settings),
    collections,
    subscriptions,
    deliveries,
    settings,
    changeSettings: (changes) => {
      current = { ...current, ...changes };
    },
    reset: () => {
      current = initial;
      world.faults.set([]);
      clearAll(world);
      populate();
    },
  };
  populate();
  return world;
}

function clearAll(world: World): void {
  const { clock, scheduler, activity, grants, authorizations } = world;
  const { deviceCodes, quotas, collections, subscriptions } = world;
  clock.reset();
  for (const part of [scheduler, activity, grants, authorizations, deviceCodes]) part.clear();
  for (const part of [quotas, collections, subscriptions]) part.clear();
}

/** Puts `count` invented entities of each kind and document type into a company, telling nobody. */
function seed(collections: Collections, clock: Clock, companyId: number, count: number): void {
  const date = romeDate(clock.nowMs());
  for (const { kind, types } of collectionSpecs) {
    for (const type of types.length === 0 ? [undefined] : types) {
      for (let n = 1; n <= count; n += 1) {
        const fields = specimen(kind, collections.nextNumber(), date);
        collections.create(
          companyId,
          kind,
          type === undefined ? fields : { ...fields, type },
          true,
        );
      }
    }
  }
}
