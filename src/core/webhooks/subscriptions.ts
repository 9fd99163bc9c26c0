import type { EventBus, FrescoEvent, SubscriptionLostDetail } from '../events/event.ts';

/** A subscription that an operator made and has not deleted. */
export interface ExpectedSubscription {
  /** The provider's, such as `SUB230`. */
  readonly id: string;
  readonly companyId: number;
  readonly sink: string;
  readonly types: readonly string[];
}

/** Which subscriptions a connection should have; rejects with `StoreRefused`. */
export interface ExpectedSubscriptions {
  list(): Promise<readonly ExpectedSubscription[]>;
  /** One step that no other process comes between; `to` is called once or more. */
  change(
    to: (list: readonly ExpectedSubscription[]) => readonly ExpectedSubscription[],
  ): Promise<void>;
}

/** A subscription as the provider shows it. */
export type ShownSubscription = Omit<ExpectedSubscription, 'companyId'> & {
  readonly verified: boolean;
};

/** What the provider has; never rejects. */
export interface ProviderSubscriptions {
  list(
    companyId: number,
  ): Promise<
    | { readonly kind: 'listed'; readonly subscriptions: readonly ShownSubscription[] }
    | { readonly kind: 'unknown'; readonly detail: string }
  >;
  create(wish: Omit<ExpectedSubscription, 'id'>): Promise<Made>;
  /** Has one send to another address. */
  move(one: Pick<ExpectedSubscription, 'id' | 'companyId' | 'sink'>): Promise<Made>;
}

type Made =
  | { readonly kind: 'created'; readonly subscription: Pick<ShownSubscription, 'id'> }
  | { readonly kind: 'refused'; readonly detail: string };

/** Why the provider does not send what it was asked to. */
export type LossReason = SubscriptionLostDetail['why'];

/** What has become of one subscription. */
export type Watched =
  | { readonly kind: 'kept'; readonly id: string }
  /** `renewedAs`: its successor's id; `refused`: why there is none though one was wanted. */
  | {
      readonly kind: 'lost';
      readonly id: string;
      readonly why: LossReason;
      readonly renewedAs?: string;
      readonly refused?: string;
    }
  /** The provider did not say. */
  | { readonly kind: 'unknown'; readonly id: string; readonly detail: string };

/** What a watch needs. */
export interface WatchPorts {
  readonly expected: ExpectedSubscriptions;
  readonly provider: ProviderSubscriptions;
  readonly bus: EventBus;
}

/** Whose subscriptions are watched, and whether one that has gone is created again. */
export interface WatchSettings {
  readonly connection: string;
  readonly renew: boolean;
  /** Where the stack receives now; absent: nobody knows. */
  readonly sink?: string;
}

/**
 * Compares what should be subscribed with what is, and says each time what is amiss: the provider takes a
 * subscription back without a word. After a crash in the middle the next watch goes on where it stopped.
 */
export async function watchSubscriptions(
  ports: WatchPorts,
  settings: WatchSettings,
): Promise<readonly Watched[]> {
  const expected = await ports.expected.list();
  const found: Watched[] = [];
  for (const companyId of new Set(expected.map((one) => one.companyId))) {
    const listed = await ports.provider.list(companyId);
    for (const one of expected.filter((it) => it.companyId === companyId)) {
      if (listed.kind === 'unknown') {
        found.push({ kind: 'unknown', id: one.id, detail: listed.detail });
        continue;
      }
      const watched = await watchOne(ports, settings, one, listed.subscriptions);
      found.push(watched);
      if (watched.kind !== 'lost') continue;
      await ports.bus.publish([subscriptionLost(settings.connection, one, watched)]);
    }
  }
  return found;
}

async function watchOne(
  ports: WatchPorts,
  settings: WatchSettings,
  one: ExpectedSubscription,
  shown: readonly ShownSubscription[],
): Promise<Watched> {
  const { wanted, found, why } = comparedWith(shown, one, settings.sink);
  const { id } = found ?? one;
  if (found !== undefined && (found.id !== one.id || found.sink !== one.sink)) {
    if (found.sink === wanted.sink) await expect(ports, one, { ...wanted, id });
  }
  if (why === undefined) return { kind: 'kept', id };
  const lost = { kind: 'lost', id, why } as const;
  const isOutdated = found !== undefined && isEarlierAddress(found.sink, settings.sink);
  if (!settings.renew || (why !== 'gone' && !isOutdated)) return lost;
  const { companyId, sink, types } = wanted;
  const made = isOutdated
    ? await ports.provider.move({ id, companyId, sink })
    : await ports.provider.create({ companyId, sink, types });
  if (made.kind === 'refused') return { ...lost, refused: made.detail };
  await expect(ports, one, { ...wanted, id: made.subscription.id });
  return { ...lost, renewedAs: made.subscription.id };
}

/** What should be, what stands for it at the provider, and what is amiss; changes nothing. */
export function comparedWith(
  shown: readonly ShownSubscription[],
  one: ExpectedSubscription,
  sink: string | undefined,
): {
  readonly wanted: ExpectedSubscription;
  readonly found?: ShownSubscription;
  readonly why?: LossReason;
} {
  const isOutdated = sink !== undefined && isEarlierAddress(one.sink, sink);
  const wanted = isOutdated ? { ...one, sink } : one;
  const found =
    shown.find(({ id }) => id === one.id) ??
    // One created again, by a watch that died before its note or by hand at the provider, replaces it.
    shown.find((it) => it.sink === wanted.sink && covers(it, one));
  if (found === undefined) return { wanted, why: 'gone' };
  if (found.sink !== wanted.sink) return { wanted, found, why: 'another address' };
  if (!found.verified) return { wanted, found, why: 'not verified' };
  return covers(found, one) ? { wanted, found } : { wanted, found, why: 'types missing' };
}

/** Whether an address was that of the same sink in an earlier deployment: another name of the same host, the same path. */
export function isEarlierAddress(address: string, sink: string | undefined): boolean {
  if (sink === undefined || address === sink) return false;
  const rest = (text: string) => /^https:\/\/[\w-]+(\.[\w.-]+\/.+)$/.exec(text)?.[1];
  return rest(sink) !== undefined && rest(address) === rest(sink);
}

function expect(ports: WatchPorts, one: ExpectedSubscription, next: ExpectedSubscription) {
  return ports.expected.change((list) =>
    list
      .filter((it) => it.id === one.id || it.id !== next.id)
      .map((it) => (it.id === one.id ? next : it)),
  );
}

function covers(shown: ShownSubscription, one: ExpectedSubscription): boolean {
  return one.types.every((type) => shown.types.includes(type));
}

function subscriptionLost(
  connection: string,
  { companyId, sink, types }: ExpectedSubscription,
  { kind: _, id: subscription, ...rest }: Extract<Watched, { kind: 'lost' }>,
): FrescoEvent {
  const subject = `company:${companyId}`;
  const detail = { v: 1, connection, subject, company: companyId, subscription, sink, types };
  return { detailType: 'Webhook Subscription Lost', detail: { ...detail, ...rest } };
}
