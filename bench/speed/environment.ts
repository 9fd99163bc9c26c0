/** What the AWS SDK asks for before it speaks to a double; invented. */
export const awsEnvironment = {
  AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
  AWS_SECRET_ACCESS_KEY: 'invented',
  AWS_REGION: 'eu-south-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
} as const;

/** Sets variables of this process; call the answer to take them back. */
export function withEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return () => {
    process.env = before;
  };
}
