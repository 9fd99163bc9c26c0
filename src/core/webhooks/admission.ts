import type { Clock } from '../ports.ts';
import { unlessRefused } from '../store-refusal.ts';

/** Whose notifications a connection takes; there is no secret in it. */
export interface AdmittedSenders {
  readonly companies: readonly number[];
  /** The provider's number of the application, told by the handshake of a subscription; `null`: not yet. */
  readonly application: string | null;
  /** Until then a handshake may tell another application: an operator subscribes or verifies. */
  readonly learnUntilMs: number;
}

/** Where that is kept; rejects with `StoreRefused`. */
export interface SenderStore {
  /** `undefined`: nothing was ever noted. */
  read(): Promise<AdmittedSenders | undefined>;
  note(part: Partial<AdmittedSenders>): Promise<void>;
}

/** Who has sent a request, as the provider's signature names it. */
export interface Sender {
  readonly companyId?: number;
  readonly application?: string;
}

/** What is foreign about a sender. */
export type Foreign = 'company' | 'application';

/** Tells senders of this connection from others that the provider has signed for too; never rejects. */
export interface Admission {
  judge(sender: Sender, request: 'handshake' | 'notification'): Promise<Foreign | undefined>;
}

/** For how long a handshake may tell the application after an operator has asked for it. */
export const learnForMs = 15 * 60_000;

const keptMs = 60_000;
// Nobody can have the record read more often by sending what is foreign.
const foreignKeptMs = 10_000;

/** What an admission is made from. */
export interface AdmissionParts {
  readonly senders: SenderStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Known beforehand: then no handshake tells another. */
  readonly application?: string;
}

/**
 * Goes by what is noted, which it keeps for a minute. Where nothing is noted, or it can't be read, every company
 * is let through: the handler, which knows those of the token, is the next to look.
 */
export function admissionOf({ senders, clock, application }: AdmissionParts): Admission {
  let known: { readonly atMs: number; readonly noted: AdmittedSenders | undefined } | undefined;
  const notedWithin = async (ageMs: number) => {
    const nowMs = clock.nowMs();
    if (known === undefined || nowMs - known.atMs >= ageMs) {
      const noted = await unlessRefused(() => senders.read());
      known = { atMs: nowMs, noted };
    }
    return known.noted;
  };
  const judged = (sender: Sender, noted: AdmittedSenders | undefined) =>
    foreignness(sender, noted, application ?? noted?.application ?? null);
  return {
    judge: async (sender, request) => {
      if (request === 'notification') {
        const first = judged(sender, await notedWithin(keptMs));
        return first && judged(sender, await notedWithin(foreignKeptMs));
      }
      const noted = await notedWithin(0);
      if (noted === undefined || application !== undefined) return judged(sender, noted);
      const isAsked = clock.nowMs() < noted.learnUntilMs;
      const told = isAsked || noted.application === null ? sender.application : undefined;
      // Whether a handshake names its company is not documented: one that was asked for need not.
      const isNameless = isAsked && sender.companyId === undefined;
      const foreign = foreignness(
        sender,
        isNameless ? undefined : noted,
        told ?? noted.application,
      );
      if (foreign !== undefined || told === undefined) return foreign;
      await unlessRefused(() => senders.note({ application: told }));
      known = undefined;
      return undefined;
    },
  };
}

function foreignness(
  sender: Sender,
  noted: AdmittedSenders | undefined,
  application: string | null,
): Foreign | undefined {
  const { companyId } = sender;
  const isKnown = noted === undefined || noted.companies.some((id) => id === companyId);
  if (!isKnown) return 'company';
  return application !== null && sender.application !== application ? 'application' : undefined;
}

/** From now on the receiver takes notifications of these companies too; `learn`: and hears of the application. */
export async function admitCompanies(
  senders: SenderStore,
  companies: readonly number[],
  learn?: { readonly nowMs: number },
): Promise<void> {
  const noted = await senders.read();
  const all = [...new Set([...(noted?.companies ?? []), ...companies])];
  await senders.note({
    companies: all,
    ...(learn && { learnUntilMs: learn.nowMs + learnForMs }),
  });
}

/** What a login brings, after the receiver has heard of its companies; a refusal is left to the daily watch. */
export async function admittedAfter<T>(
  login: Promise<T>,
  senders: SenderStore,
  companies: readonly { readonly id: number }[],
): Promise<T> {
  const done = await login;
  await unlessRefused(async () => {
    if ((await senders.read()) === undefined) return;
    await admitCompanies(
      senders,
      companies.map(({ id }) => id),
    );
  });
  return done;
}
