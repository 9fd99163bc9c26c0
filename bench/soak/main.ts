// npm run soak -- --minutes 60: the local stack under webhooks, with faults that come and go.
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { listen } from '../../src/sandbox/listen.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { webhookSigner } from '../../src/sandbox/webhooks/signer.ts';
import { judge, type Moment, type Soaked } from './judge.ts';
import { beginFault, cycleOf, liftFaults, startLoad } from './load.ts';
import { plot } from './plot.ts';
import type { Ask, Sample, StackOptions, Told } from './stack.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    'per-second': { type: 'string', default: '50' },
    store: { type: 'string', default: tmpdir() },
    out: { type: 'string', default: fileURLToPath(new URL('results/', import.meta.url)) },
  },
});
const minutes = Number(values.minutes);
const perSecond = Number(values['per-second']);
// An hour is six cycles, and a shorter run three.
const cycleSeconds = Math.min(600, (minutes * 60) / 3);
const sampleEveryMs = Math.min(10_000, (cycleSeconds * 1000) / 20);
const restSeconds = Math.min(30, cycleSeconds / 10);
const drainSeconds = 900;
const companyId = 108_061;
const entities = 3_000;

const folder = await mkdtemp(join(values.store, 'fresco-soak-'));
const sandbox = createSandbox({
  entitiesOfEachKind: entities,
  settings: {
    // Half of it is a cycle, and what is too short serves nobody.
    accessTokenSeconds: 1_200,
    hourlyLimit: 100_000_000,
    monthlyLimit: 100_000_000,
    shortTermLimit: 100_000_000,
  },
});
const provider = await listen(sandbox, { port: 0 });
const signer = webhookSigner();
const options: StackOptions = {
  path: join(folder, 'store'),
  providerUrl: provider.url,
  publicKeyPem: signer.publicKeyPem,
  applicationId: String(sandbox.applicationId),
  checkEveryMs: Math.min(10_000, (cycleSeconds * 1000) / 30),
  rotateEveryMs: (cycleSeconds * 1000) / 5,
};
const stack = fork(fileURLToPath(new URL('stack.ts', import.meta.url)), [JSON.stringify(options)], {
  execArgv: ['--expose-gc', '--import', 'tsx'],
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});

const ids = await idsOfClients();
const startedAtMs = Date.now();
const secondsNow = () => (Date.now() - startedAtMs) / 1000;
const moments: Moment[] = [];
const publishedMs: { atSeconds: number; ms: number }[] = [];
const acceptedMs: { atSeconds: number; ms: number }[] = [];
const statuses: Record<string, number> = {};
let published = 0;
let reconnects = 0;
let fault: string | null = null;

const sink = await new Promise<string>((resolve, reject) => {
  stack.once('exit', (code) => reject(new Error(`the stack has ended (${code})`)));
  stack.on('message', (told: Told) => {
    if (told.kind === 'ready') resolve(told.sink);
  });
});
const load = startLoad({
  sink,
  companyId,
  ids,
  perSecond,
  sign: (claims) => signer.sign(claims as unknown as Parameters<typeof signer.sign>[0]),
  applicationId: sandbox.applicationId,
});
stack.on('message', (told: Told) => {
  if (told.kind === 'published') for (const event of told.events) heard(...event);
  if (told.kind === 'sample') sampled(told);
  if (told.kind === 'reconnected') reconnects += 1;
});

const end = minutes * 60;
const timer = setInterval(() => stack.send({ kind: 'sample' } satisfies Ask), sampleEveryMs);
for (let began = 0; began < end; began += cycleSeconds) await cycle(began);
clearInterval(timer);
load.stop();
// What met the last fault waits longer than the last rest.
while (load.toldAtMs.size > 0 && secondsNow() < end + drainSeconds) await until(secondsNow() + 1);
const drainedAfterSeconds = Math.round(secondsNow() - end);
const exited = new Promise((resolve) => stack.once('exit', resolve));
stack.send({ kind: 'end' } satisfies Ask);
await exited;
await provider.close();
await rm(folder, { recursive: true, force: true });
await report();

async function cycle(beganSeconds: number): Promise<void> {
  load.resume();
  for (const one of cycleOf(cycleSeconds)) {
    await until(beganSeconds + one.atSecond);
    fault = one.name;
    await beginFault(sandbox, one);
    await until(beganSeconds + one.atSecond + one.seconds);
    await liftFaults(sandbox);
    if (one.isRevoked) stack.send({ kind: 'consent' } satisfies Ask);
    fault = null;
  }
  await until(beganSeconds + cycleSeconds - restSeconds);
  load.pause();
  fault = 'rest';
  await until(beganSeconds + cycleSeconds);
  fault = null;
}

function heard(id: number, atMs: number): void {
  published += 1;
  const toldAtMs = load.toldAtMs.get(id);
  if (toldAtMs === undefined) return;
  load.toldAtMs.delete(id);
  publishedMs.push({ atSeconds: secondsNow(), ms: atMs - toldAtMs });
}

function sampled(sample: Sample): void {
  for (const { status, ms, atMs } of load.answers.splice(0)) {
    statuses[status] = (statuses[status] ?? 0) + 1;
    acceptedMs.push({ atSeconds: (atMs - startedAtMs) / 1000, ms });
  }
  const { kind: _, ...rest } = sample;
  moments.push({ atSeconds: secondsNow(), fault, published, sent: load.counts.sent, ...rest });
  const { rssBytes, heapUsedBytes, files, waiting, generation, errors } = sample;
  console.log(
    `${secondsNow().toFixed(0).padStart(5)} s  rss ${mb(rssBytes)}  heap ${mb(heapUsedBytes)}  files ${files}  sent ${load.counts.sent}  published ${published}  waiting ${waiting}  generation ${generation}  errors ${errors}  ${fault ?? ''}`,
  );
}

async function report(): Promise<void> {
  const soaked: Soaked = {
    minutes,
    perSecond,
    cycleSeconds,
    restSeconds,
    moments,
    publishedMs,
    acceptedMs,
  };
  const verdict = judge(soaked);
  const { counts } = load;
  const unheard = load.toldAtMs.size;
  const summary = {
    minutes,
    perSecond,
    ...counts,
    published,
    unheard,
    drainedAfterSeconds,
    reconnects,
    statuses,
    ...verdict,
  };
  await mkdir(values.out, { recursive: true });
  const json = `${JSON.stringify(summary, null, 2)}\n`;
  await writeFile(join(values.out, 'soak.json'), json);
  await writeFile(join(values.out, 'soak.svg'), plot(soaked, cycleOf(cycleSeconds)));
  console.log(JSON.stringify(summary, null, 2));
  if (!verdict.isGood) process.exitCode = 1;
}

async function idsOfClients(): Promise<number[]> {
  const grant = await asked('/_sandbox/grants', { direct: true });
  const found: number[] = [];
  for (let page = 1; found.length < entities; page += 1) {
    const answer = await fetch(
      `${provider.url}/c/${companyId}/entities/clients?per_page=100&page=${page}`,
      { headers: { authorization: `Bearer ${grant['access_token']}` } },
    );
    const { data } = (await answer.json()) as { data: { id: number }[] };
    if (data.length === 0) break;
    found.push(...data.map(({ id }) => id));
  }
  return found;
}

async function asked(path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(provider.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sandbox-control': '1' },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

function until(seconds: number): Promise<void> {
  return new Promise((resolve) =>
    setTimeout(resolve, Math.max(0, (seconds - secondsNow()) * 1000)),
  );
}

function mb(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`.padStart(9);
}
