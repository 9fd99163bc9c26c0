import { type Deployed, resourcesOf } from './template.ts';

/** A statement of a policy, resolved. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

/** What somebody wants to do. */
export interface Access {
  /** An ARN, or a service such as `events.amazonaws.com`. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** All statements that a role has by its policies. */
export function statementsOfRole(deployed: Deployed, roleName: string): Statement[] {
  for (const [id, role] of resourcesOf(deployed, 'AWS::IAM::Role')) {
    const { ManagedPolicyArns, Policies } = role.Properties;
    if (ManagedPolicyArns ?? Policies)
      throw new Error(`the role ${id} has policies of another kind`);
  }
  return identityPolicies(deployed)
    .filter(({ roles }) => roles.includes(roleName))
    .flatMap(({ statements }) => statements);
}

/** Every policy of roles and users, inline or managed. */
export function identityPolicies(deployed: Deployed) {
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => resourcesOf(deployed, type))
    .map(([id, { Properties }]) => ({
      id,
      roles: (Properties['Roles'] ?? []) as readonly string[],
      statements: statementsIn(Properties['PolicyDocument']),
    }));
}

/** The statements of a policy document. */
export function statementsIn(document: unknown): Statement[] {
  return [...(document as { Statement: Statement[] }).Statement];
}

/** Whether IAM would let it happen within one account: a deny anywhere wins, and something has to allow it. */
export function isAllowed(
  access: Access,
  identity: readonly Statement[],
  resource: readonly Statement[] = [],
): boolean {
  const applying = [
    ...identity.filter((it) => applies(it, access)),
    ...resource.filter((it) => concerns(it.Principal, access) && applies(it, access)),
  ];
  return (
    applying.some((it) => it.Effect === 'Allow') && !applying.some((it) => it.Effect === 'Deny')
  );
}

/**
 * Whether a key's policy and the identity's together let it: the account as principal only passes the
 * question on to the identity's policies.
 */
export function isAllowedByKey(
  access: Access,
  identity: readonly Statement[],
  keyPolicy: readonly Statement[],
): boolean {
  const delegates = keyPolicy.some((it) => isAccount(it.Principal) && applies(it, access));
  const own = keyPolicy.filter((it) => !isAccount(it.Principal));
  return isAllowed(access, delegates ? identity : [], own);
}

/** Whether a text matches one of IAM's patterns. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

function isAccount(principal: Statement['Principal']): boolean {
  return typeof principal === 'object' && listOf(principal['AWS'] ?? []).some(isRoot);
}

const isRoot = (arn: string) => arn.endsWith(':root');

function concerns(principal: Statement['Principal'], { principal: who }: Access): boolean {
  if (principal === '*') return true;
  const named = Object.values(principal ?? {}).flatMap(listOf);
  return named.includes('*') || named.includes(who);
}

function applies(statement: Statement, access: Access): boolean {
  const { Action, Resource = '*', Condition = {} } = statement;
  return (
    listOf(Action).some((it) => matches(it.toLowerCase(), access.action.toLowerCase())) &&
    listOf(Resource).some((it) => matches(it, access.resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, key, listOf(wanted), access)),
    )
  );
}

function holds(operator: string, key: string, wanted: readonly string[], access: Access): boolean {
  const context = { 'aws:PrincipalArn': access.principal, ...access.context };
  const given = listOf(context[key as keyof typeof context] ?? []);
  const some = (test: (pattern: string, text: string) => boolean) =>
    given.some((text) => wanted.some((pattern) => test(pattern, text)));
  switch (operator) {
    case 'StringEquals':
    case 'ArnEquals':
    case 'Bool':
      return some((pattern, text) => pattern === text);
    case 'StringLike':
      return some(matches);
    // A key that is missing makes a negated condition true.
    case 'StringNotEquals':
      return !some((pattern, text) => pattern === text);
    case 'ArnNotEquals':
    case 'StringNotLike':
      return !some(matches);
    case 'ForAllValues:StringNotEquals':
      return given.every((text) => !wanted.includes(text));
    case 'ForAllValues:StringLike':
      return given.every((text) => wanted.some((pattern) => matches(pattern, text)));
    default:
      throw new Error(`the condition ${operator} is not known to the tests`);
  }
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
