/** What a deployed stack tells those who look for it: the JSON of the SSM parameter `/<prefix>/stack`. */
export interface StackFacts {
  /** Account, region and stage, as a grant of this stack carries them. */
  readonly environment: string;
  readonly connections: readonly string[];
  readonly table: string;
  readonly bus: string;
  /** ARNs of the rotator's aliases: the one that consumers ask, and the one that operators call. */
  readonly consumersAlias: string;
  readonly operatorAlias: string;
  /** Name of the schedule that checks each connection, by the connection's name. */
  readonly checks?: Readonly<Record<string, string>>;
  /** Base URL of the webhook sinks: a slash and the connection's name follow. Absent without webhooks. */
  readonly webhookSink?: string;
  readonly queueUrl?: string;
  readonly deadLetterQueueUrl?: string;
}

/** Where the stack of a prefix leaves its facts. */
export function stackParameterName(prefix: string): string {
  return `/${prefix}/stack`;
}

/** The name of one of a connection's three secrets. */
export function secretName(
  prefix: string,
  connection: string,
  secret: 'client' | 'grant' | 'access-token',
): string {
  return `${prefix}/${connection}/${secret}`;
}

/** The sink of a connection, as it is registered with the provider and as a notification's `aud` names it. */
export function sinkOf(webhookSink: string, connection: string): string {
  return `${webhookSink}/${connection}`;
}

/** What the stack writes, to be made JSON; values may be tokens of a template. */
export function stackParameterValue(facts: StackFacts): Record<string, unknown> {
  return { v: 1, ...facts };
}

/** Reads the parameter back; throws an error that names each field at fault. */
export function parseStackFacts(text: string): StackFacts {
  const fields = parsedObject(text);
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  const problems = [
    ...(fields['v'] === 1 ? [] : [`"v" must be 1, got ${JSON.stringify(fields['v'])}`]),
    ...['environment', 'table', 'bus', 'consumersAlias', 'operatorAlias']
      .filter((key) => !isText(fields[key]))
      .map((key) => `"${key}" must be a text`),
    ...['webhookSink', 'queueUrl', 'deadLetterQueueUrl']
      .filter((key) => fields[key] !== undefined && !isText(fields[key]))
      .map((key) => `"${key}" must be a text where it is given`),
    ...(fields['checks'] === undefined || Object.values(Object(fields['checks'])).every(isText)
      ? []
      : ['"checks" must name a schedule for each connection']),
    ...(Array.isArray(fields['connections']) && fields['connections'].every(isText)
      ? []
      : ['"connections" must be a list of names']),
  ];
  if (problems.length > 0) {
    throw new Error(`the stack's parameter cannot be read: ${problems.join('; ')}; deploy again`);
  }
  const { v: _, ...facts } = fields;
  return facts as unknown as StackFacts;
}

function parsedObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
