/** A resource of a template; after `resolved` its properties hold no references. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** A template as synthesized. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Stacks by name, as they would be in the account and region below. */
export type Deployed = ReadonlyMap<string, Template>;

/** Where the tests deploy: the account of the doubles. */
export const account = '000000000000';
/** Where the tests deploy. */
export const region = 'eu-south-1';

/** Replaces each reference by what CloudFormation would put there; throws for a function it doesn't know. */
export function resolved(templates: ReadonlyMap<string, Template>): Deployed {
  return new Map(
    [...templates].map(([name, { Resources, Outputs = {} }]) => {
      const place = { name, templates };
      return [name, { Resources: resolve(Resources, place), Outputs: resolve(Outputs, place) }];
    }),
  );
}

/** The resources of a type over all stacks, by logical id. */
export function resourcesOf(deployed: Deployed, type: string): [string, Resource][] {
  return [...deployed.values()].flatMap(({ Resources }) =>
    Object.entries(Resources).filter(([, resource]) => resource.Type === type),
  );
}

/** The ARN that a resource of these templates gets; types without one have none. */
export function arnOf(id: string, resource: Resource): string {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  const { GroupName, Name } = resource.Properties ?? {};
  switch (resource.Type) {
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${account}:role/${id}`;
    case 'AWS::KMS::Key':
      return arn('kms', `key/${id}`);
    case 'AWS::DynamoDB::Table':
      return arn('dynamodb', `table/${id}`);
    case 'AWS::SQS::Queue':
      return arn('sqs', id);
    case 'AWS::SNS::Topic':
      return arn('sns', id);
    case 'AWS::Events::EventBus':
      return arn('events', `event-bus/${resource.Properties['Name']}`);
    case 'AWS::Logs::LogGroup':
      return arn('logs', `log-group:${id}:*`);
    case 'AWS::Lambda::Function':
      return arn('lambda', `function:${id}`);
    case 'AWS::Scheduler::Schedule':
      return arn('scheduler', `schedule/${GroupName ?? 'default'}/${Name ?? id}`);
    case 'AWS::SecretsManager::Secret':
      return arn('secretsmanager', `secret:${resource.Properties['Name']}-Ab1Cd2`);
    default:
      throw new Error(`no ARN is known for ${resource.Type} (${id})`);
  }
}

interface Place {
  readonly name: string;
  readonly templates: ReadonlyMap<string, Template>;
}

function resolve<T>(value: T, place: Place): T {
  if (Array.isArray(value)) return value.map((it) => resolve(it, place)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && /^(Ref|Fn::\w+)$/.test(first[0])) {
    return call(first[0], first[1], place) as T;
  }
  return Object.fromEntries(entries.map(([key, it]) => [key, resolve(it, place)])) as T;
}

function call(name: string, argument: unknown, place: Place): unknown {
  if (name === 'Ref') return reference(argument as string, place);
  if (name === 'Fn::GetAtt') return attribute(argument as [string, string], place);
  const value = resolve(argument, place);
  switch (name) {
    case 'Fn::Join': {
      const [joint, parts] = value as [string, string[]];
      return parts.join(joint);
    }
    case 'Fn::Split': {
      const [at, text] = value as [string, string];
      return text.split(at);
    }
    case 'Fn::Select': {
      const [index, items] = value as [number, string[]];
      return items[Number(index)];
    }
    case 'Fn::Sub':
      return (value as string).replace(/\$\{([^}]+)\}/g, (_, id) => reference(id, place));
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName } = value as { StackName: string; OutputName: string };
      const output = place.templates.get(StackName)?.Outputs?.[OutputName];
      if (output === undefined) throw new Error(`${StackName} has no output ${OutputName}`);
      return resolve(output.Value, { ...place, name: StackName });
    }
    default:
      throw new Error(`the function ${name} is not known to the tests`);
  }
}

const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': account,
  'AWS::Region': region,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::NoValue': '',
};

function reference(id: string, place: Place): string {
  const known = pseudo[id];
  if (known !== undefined) return known;
  if (id === 'BootstrapVersion') return '99';
  const resource = found(id, place);
  switch (resource.Type) {
    case 'AWS::SQS::Queue':
      return `https://sqs.${region}.amazonaws.com/${account}/${id}`;
    case 'AWS::SNS::Topic':
    case 'AWS::SecretsManager::Secret':
      return arnOf(id, resource);
    case 'AWS::Scheduler::ScheduleGroup':
      return String(resource.Properties['Name']);
    case 'AWS::Lambda::Alias': {
      const { FunctionName, Name } = resource.Properties;
      return `arn:aws:lambda:${region}:${account}:function:${resolve(FunctionName, place)}:${Name}`;
    }
    default:
      return id;
  }
}

function attribute([id, name]: readonly [string, string], place: Place): string {
  if (name === 'Arn') return arnOf(id, found(id, place));
  if (name === 'ApiEndpoint') return `https://${id}.execute-api.${region}.amazonaws.com`;
  if (name === 'TopicName' || name === 'QueueName' || name === 'Version') return id;
  throw new Error(`the attribute ${name} of ${id} is not known to the tests`);
}

function found(id: string, { name, templates }: Place): Resource {
  const resource = templates.get(name)?.Resources[id];
  if (resource === undefined) throw new Error(`${name} has no resource ${id}`);
  return resource;
}
