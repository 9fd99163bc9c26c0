import type { SyncCounts } from '../events/event.ts';
import type { Company } from '../records/company.ts';
import type { Stop } from './ask.ts';
import type { Halt, SyncBounds, SyncBudget } from './budget.ts';
import { syncBin, syncDoubts, syncList, type Unit } from './list.ts';
import type { SyncPorts } from './ports.ts';
import { counted, type SyncSession } from './record.ts';

/** The settings of a pass. */
export interface SyncSettings {
  readonly connection: string;
  readonly entity: 'full' | 'reference';
  readonly bounds: SyncBounds;
  /** Only these resources. Absent: all. */
  readonly resources?: readonly string[];
  readonly onProgress?: (progress: SyncProgress) => void;
}

/** Where a pass is. */
export interface SyncProgress {
  readonly companyId: number;
  /** The list or bin. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
  /** Of this list. */
  readonly pagesLeft: number;
  readonly counts: SyncCounts;
}

/** The work of one company in a pass. */
export interface CompanyWork {
  readonly ports: SyncPorts;
  readonly settings: SyncSettings;
  readonly page: SyncSession;
  readonly budget: SyncBudget;
  readonly companies: readonly Company[];
  readonly company: Company;
}

interface Task {
  readonly key: string;
  readonly name: string;
  readonly run: (unit: Unit) => Promise<Stop | undefined>;
}

/** Lists before bins, so that an entity deleted meanwhile ends as deleted. Answers with what stops the others too. */
export async function syncCompany(work: CompanyWork, halts: Halt[]): Promise<Stop | undefined> {
  const { ports, page, company, budget } = work;
  const waitMs = ((await ports.pauses.untilMs(company.id)) ?? 0) - ports.clock.nowMs();
  const pause = waitMs > 0 ? await budget.waitOrStop(waitMs) : undefined;
  if (pause !== undefined) {
    halts.push(pause);
    return undefined;
  }
  const tasks = tasksOf(work);
  for (const task of tasks) {
    if (page.record.done.includes(task.key)) continue;
    const stop = await task.run(unitOf(work, task, tasks.length));
    if (stop?.kind === 'person' || stop?.kind === 'taken') return stop;
    if (stop?.kind === 'halt') halts.push(...haltsOf(work, task, stop.halt));
    else finish(work, stop?.kind === 'skip' && stop.scope === 'company' ? tasks : [task], stop);
    if ((await page.save()) === 'conflict') return { kind: 'taken' };
    if (stop?.kind === 'halt' && stop.scope === 'all') return stop;
    if (stop?.kind === 'halt' && stop.scope === 'company') return undefined;
  }
  return undefined;
}

function tasksOf({ ports, settings, company }: CompanyWork): Task[] {
  const { feed } = ports;
  const isWanted = (resource: string) => settings.resources?.includes(resource) ?? true;
  const lists = feed.lists
    .filter(({ resource }) => isWanted(resource))
    .map((list) => ({
      key: `${company.id}/${list.name}`,
      name: list.name,
      run: async (unit: Unit) => {
        const isLast = feed.lists.findLast((it) => it.resource === list.resource) === list;
        const stop = await syncList(unit, list);
        return stop === undefined && isLast ? syncDoubts(unit, list.resource) : stop;
      },
    }));
  const bins = feed.bins.filter(isWanted).map((resource) => ({
    key: `${company.id}/bin/${resource}`,
    name: `bin/${resource}`,
    run: (unit: Unit) => syncBin(unit, resource),
  }));
  return [...lists, ...bins];
}

function unitOf(work: CompanyWork, { key, name }: Task, tasks: number): Unit {
  const { ports, settings, page, budget, companies, company } = work;
  const { clock, pauses } = ports;
  const onRequest = () => page.amend((record) => counted(record, { requests: 1 }));
  return {
    ports,
    page,
    asking: { clock, pauses, budget, onRequest },
    connection: settings.connection,
    companyId: company.id,
    key,
    entity: settings.entity,
    onPage: (pagesLeft) => {
      const { done, counts } = page.record;
      const total = tasks * companies.length;
      const at = { companyId: company.id, name, done: done.length, total };
      settings.onProgress?.({ ...at, pagesLeft: Math.max(0, pagesLeft), counts });
    },
  };
}

const failuresMax = 5;
const firstRetryMs = 60_000;

/** A list that keeps failing is left to the next sync, so that this one ends, though it is not complete. */
function haltsOf(work: CompanyWork, task: Task, halt: Halt): Halt[] {
  if (halt.reason !== 'failed') return [halt];
  const { page, ports } = work;
  const failures = (page.record.failures[task.key] ?? 0) + 1;
  page.amend((record) => ({
    ...record,
    failures: { ...record.failures, [task.key]: failures },
  }));
  if (failures >= failuresMax) {
    finish(work, [task], { kind: 'skip', why: halt.detail, scope: 'list' });
    return [];
  }
  return [{ ...halt, resumeAtMs: ports.clock.nowMs() + firstRetryMs * 2 ** (failures - 1) }];
}

function finish({ page }: CompanyWork, tasks: readonly Task[], stop: Stop | undefined): void {
  const keys = tasks.map(({ key }) => key).filter((key) => !page.record.done.includes(key));
  const { why, isChoice = false } = stop?.kind === 'skip' ? stop : { why: undefined };
  const leftOut = why === undefined ? [] : keys.map((list) => ({ list, why }));
  page.amend((record) => ({
    ...record,
    done: [...record.done, ...keys],
    // A pass that gets on is not the one that keeps failing.
    failures: { ...record.failures, pass: 0 },
    skipped: isChoice ? [...record.skipped, ...leftOut] : record.skipped,
    unread: isChoice ? record.unread : [...record.unread, ...leftOut],
  }));
}
