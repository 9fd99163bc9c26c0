import type { EventBus } from '../ports.ts';
import type { FrescoEvent } from '../report.ts';

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
  create(
    wish: Omit<ExpectedSubscription, 'id'>,
  ): Promise<
    | { readonly kind: 'created'; readonly subscription: ShownSubscription }
    | { readonly kind: 'refused'; readonly detail: string }
  >;
}

/** What has become of one subscription. */
export type Watched =
  | { readonly kind: 'kept'; readonly id: string }
  /** `renewedAs`: its successor's id; `refused`: why there is none though one was wanted. */
  | {
      readonly kind: 'lost';
      readonly id: string;
      readonly why: 'gone' | 'not verified' | 'types missing';
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

/** Whose subscriptions are watched, and whether one that has gone is made anew. */
export interface WatchSettings {
  readonly connection: string;
  readonly renew: boolean;
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
  { renew }: WatchSettings,
  one: ExpectedSubscription,
  shown: readonly ShownSubscription[],
): Promise<Watched> {
  const own = shown.find(({ id }) => id === one.id);
  if (own !== undefined) return judged(one, own);
  // One made anew, by a watch that died before its note or by hand at the provider, stands in for it.
  const standIn = shown.find((it) => it.sink === one.sink && covers(it, one));
  if (standIn !== undefined) {
    await ports.expected.change((list) => replaced(list, one, standIn.id));
    return judged({ ...one, id: standIn.id }, standIn);
  }
  const lost = { kind: 'lost', id: one.id, why: 'gone' } as const;
  if (!renew) return lost;
  const { companyId, sink, types } = one;
  const made = await ports.provider.create({ companyId, sink, types });
  if (made.kind === 'refused') return { ...lost, refused: made.detail };
  const { id } = made.subscription;
  await ports.expected.change((list) => replaced(list, one, id));
  return { ...lost, renewedAs: id };
}

function judged(one: ExpectedSubscription, shown: ShownSubscription): Watched {
  if (!shown.verified) return { kind: 'lost', id: one.id, why: 'not verified' };
  if (!covers(shown, one)) return { kind: 'lost', id: one.id, why: 'types missing' };
  return { kind: 'kept', id: one.id };
}

function covers(shown: ShownSubscription, one: ExpectedSubscription): boolean {
  return one.types.every((type) => shown.types.includes(type));
}

function replaced(
  list: readonly ExpectedSubscription[],
  { id: old }: ExpectedSubscription,
  id: string,
): readonly ExpectedSubscription[] {
  return list.filter((it) => it.id !== id).map((it) => (it.id === old ? { ...it, id } : it));
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
