import type { TokenSource } from '../consumers/token-source.ts';
import { admitCompanies, type SenderStore } from './admission.ts';
import type { ExpectedSubscriptions } from './subscriptions.ts';

/** What says which companies are a connection's. */
export interface AdmissionSources {
  readonly senders: SenderStore;
  readonly tokens: TokenSource;
  readonly subscriptions: Pick<ExpectedSubscriptions, 'list'>;
}

/** Has the receiver take the webhooks of the token's companies and of those that are subscribed; rejects with `StoreRefused`. */
export async function admitAll(
  { senders, tokens, subscriptions }: AdmissionSources,
  learn?: { readonly nowMs: number; readonly companyId: number },
): Promise<void> {
  const obtained = await tokens.obtain();
  const isPartial = obtained.kind !== 'token' && learn === undefined;
  // Where nothing is noted everybody is let through, and a first list without the token's companies would end that.
  if (isPartial && (await senders.read()) === undefined) return;
  const ofToken = obtained.kind === 'token' ? obtained.token.companies : [];
  const expected = await subscriptions.list();
  const companies = [
    ...ofToken.map(({ id }) => id),
    ...expected.map(({ companyId }) => companyId),
    ...(learn === undefined ? [] : [learn.companyId]),
  ];
  await admitCompanies(senders, companies, learn);
}
