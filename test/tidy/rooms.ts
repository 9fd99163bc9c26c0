import { posix } from 'node:path';
import type { Source } from './rules.ts';
import { importsOf } from './source-text.ts';

/** Each file with the files of this project that it imports, types included. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** What one folder holds by itself, not counting its folders. */
export interface Room {
  readonly path: string;
  readonly files: number;
  /** The longest chain of imports among them. */
  readonly levels: number;
}

/** Files in the order in which a reader opens them. */
export interface Way {
  readonly name: string;
  readonly filesMax: number;
  readonly files: readonly string[];
}

/** Files side by side in one folder. */
export const filesMax = (folder: string): number => (folder === 'src/cli/login' ? 16 : 15);

/** Who imports whom, as far as both are among the sources. */
export function importsAmong(sources: readonly Source[]): Imports {
  const paths = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map(({ path, text }) => {
      const targets = importsOf(text).map(({ from }) => posix.join(posix.dirname(path), from));
      return [path, [...new Set(targets.filter((target) => paths.has(target)))]];
    }),
  );
}

/** Groups of files that import one another, directly or through others; each of two or more. */
export function circlesIn(imports: Imports): string[][] {
  const reached = new Map([...imports.keys()].map((path) => [path, reachableFrom(path, imports)]));
  const seen = new Set<string>();
  return [...imports.keys()].flatMap((path) => {
    if (seen.has(path) || !reached.get(path)?.has(path)) return [];
    const circle = [...imports.keys()].filter(
      (other) => reached.get(path)?.has(other) && reached.get(other)?.has(path),
    );
    for (const member of circle) seen.add(member);
    return [circle];
  });
}

function reachableFrom(start: string, imports: Imports): Set<string> {
  const found = new Set<string>();
  const open = [...(imports.get(start) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(imports.get(next) ?? []));
  }
  return found;
}

/** Every folder that holds files, with how many and over how many levels they import one another. */
export function roomsIn(imports: Imports): Room[] {
  const folders = grouped([...imports.keys()]);
  return [...folders].map(([path, files]) => ({
    path,
    files: files.length,
    levels: Math.max(...files.map((file) => levelOf(file, new Set(files), imports))),
  }));
}

function grouped(paths: readonly string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = posix.dirname(path);
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  return folders;
}

function levelOf(
  file: string,
  among: ReadonlySet<string>,
  imports: Imports,
  known = new Map<string, number>(),
): number {
  const before = known.get(file);
  if (before !== undefined) return before;
  // Whoever comes back to it has gone round a circle, which is told for itself.
  known.set(file, 0);
  const below = (imports.get(file) ?? []).filter((target) => among.has(target));
  const level = 1 + Math.max(0, ...below.map((it) => levelOf(it, among, imports, known)));
  known.set(file, level);
  return level;
}

/** What keeps a way from being walked: too long, a file twice, or one that no earlier file leads to. */
export function stumblesOn({ filesMax: most, files }: Way, imports: Imports): string[] {
  return [
    ...(files.length > most ? [`opens ${files.length} files, at most ${most}`] : []),
    ...files.flatMap((file, at) => {
      if (!imports.has(file)) return [`${file} is not there`];
      const earlier = files.slice(0, at);
      if (earlier.includes(file)) return [`${file} is opened twice`];
      const isReached = at === 0 || earlier.some((it) => imports.get(it)?.includes(file));
      return isReached ? [] : [`no earlier file imports ${file}`];
    }),
  ];
}

/** The ways that a reader goes most, each from its entrance on. */
export const ways: readonly Way[] = [
  {
    name: 'a refresh',
    filesMax: 12,
    files: [
      'functions/rotator.ts',
      'src/lambda/rotator.ts',
      'src/core/rotation/rotate.ts',
      'src/core/rotation/gate.ts',
      'src/core/journal/lease.ts',
      'src/core/rotation/recover.ts',
      'src/core/rotation/catch-up.ts',
      'src/core/rotation/send.ts',
      'src/fatture-in-cloud/oauth/token-endpoint.ts',
      'src/core/rotation/keep.ts',
      'src/core/rotation/promote.ts',
      'src/core/rotation/settle.ts',
    ],
  },
  {
    name: 'a webhook comes in',
    filesMax: 10,
    files: [
      'functions/webhook-receiver.ts',
      'src/lambda/webhook-receiver.ts',
      'src/fatture-in-cloud/webhooks/request.ts',
      'src/core/webhooks/receive.ts',
      'src/fatture-in-cloud/webhooks/signature.ts',
      'src/core/webhooks/admission.ts',
      'src/lambda/receiver-stores.ts',
      'src/aws/sqs/notification-queue.ts',
    ],
  },
  {
    name: 'a webhook becomes an event',
    filesMax: 10,
    files: [
      'functions/webhook-handler.ts',
      'src/lambda/webhook-handler.ts',
      'src/core/webhooks/process.ts',
      'src/core/webhooks/claim.ts',
      'src/core/webhooks/read-entities.ts',
      'src/core/events/entity-changed.ts',
      'src/lambda/stack-bus.ts',
      'src/aws/event-bus.ts',
    ],
  },
  {
    name: 'token()',
    filesMax: 6,
    files: [
      'src/index.ts',
      'src/library/token-source.ts',
      'src/core/consumers/token-source.ts',
      'src/core/consumers/token-memory.ts',
      'src/library/aws-tokens.ts',
      'src/aws/lambda.ts',
    ],
  },
];
