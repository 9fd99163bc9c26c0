import { InvalidArgumentError } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { serveCompanies } from '../../core/operations/companies.ts';
import type { Company } from '../../core/records/company.ts';
import { personNeeded } from '../failure.ts';
import { isInteractive, say, select } from '../terminal.ts';

/** Reads a company's number, as it is written. */
export function parseCompany(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError("it must be a company's number.");
}

/** The same, one more for each time the option is given. */
export function parseCompanies(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, Number(parseCompany(text))];
}

/** One that the token does not reach is a failure. */
function named(companies: readonly Company[], wanted: readonly number[]): readonly Company[] {
  const strange = wanted.filter((id) => !companies.some((company) => company.id === id));
  if (strange.length === 0) return companies.filter(({ id }) => wanted.includes(id));
  const reached = companies.map(({ id, name }) => `${id} ${name}`).join(', ') || 'none';
  throw personNeeded`connected, but company ${strange.join(', ')} is not reached, only ${reached}: run fresco login again and choose it where you consent`;
}

/**
 * The companies for consumers: those that were named, or chosen from a list where a person can
 * be asked. Everything is stored by then; what is chosen narrows it.
 */
export async function chooseCompanies(
  connection: Connection,
  companies: readonly Company[],
  wanted: readonly number[],
): Promise<readonly Company[]> {
  if (companies.length < 2 && wanted.length === 0) return companies;
  const chosen = wanted.length > 0 ? named(companies, wanted) : await asked(companies);
  if (chosen.length < companies.length) {
    await serveCompanies(connection.accessToken, chosen, connection.random);
  }
  return chosen;
}

async function asked(companies: readonly Company[]): Promise<readonly Company[]> {
  if (!isInteractive()) {
    say(
      'several companies: jobs name theirs with --company, or choose one with fresco login --company',
    );
    return companies;
  }
  const options = companies.map(({ id, name }) => ({ value: id, label: name, hint: String(id) }));
  const all = { value: 0, label: 'All of them', hint: 'each job names its own' };
  const cancelled = 'connected, and no company was chosen: each job names its own with --company';
  const id = await select('Which company do jobs work for?', [...options, all], cancelled);
  return id === 0 ? companies : companies.filter((company) => company.id === id);
}
