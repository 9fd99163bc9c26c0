import { Token } from 'aws-cdk-lib';

/** Throws unless an ARN is one of a role or a user, and of the stack's account where both are known at synth. */
export function checkOperator(arn: string, account: string): void {
  if (Token.isUnresolved(arn)) return;
  const [, owner, kind] = /^arn:aws[\w-]*:iam::(\d{12}):(role|user)\/[\w+=,.@/-]+$/.exec(arn) ?? [];
  if (kind === undefined) throw new Error(wrongForm(arn));
  if (Token.isUnresolved(account) || owner === account) return;
  throw new Error(
    `the operator ${arn} is of another account than the stack (${account}): name a role of this account that they may assume`,
  );
}

/** An assumed role's ARN has lost the role's path, which a policy that names the role needs. */
function wrongForm(arn: string): string {
  const [, account, role] =
    /^arn:aws[\w-]*:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\//.exec(arn) ?? [];
  if (role === undefined) {
    return `an operator must be the ARN of a role or a user, such as arn:aws:iam::111122223333:role/ops, got '${arn}'`;
  }
  const shown = `aws iam get-role --role-name ${role} --query Role.Arn --output text`;
  const likely = role.startsWith('AWSReservedSSO_')
    ? ''
    : `, arn:aws:iam::${account}:role/${role} unless it has a path`;
  return `the operator ${arn} is a session of a role: give the ARN of the role itself, as "${shown}" prints it${likely}`;
}
