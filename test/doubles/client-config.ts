/** What an AWS SDK client needs to talk to a double: region and credentials are invented. */
export function clientConfig(endpoint: string, maxAttempts = 1) {
  return {
    endpoint,
    region: 'eu-south-1',
    credentials: { accessKeyId: 'AKIAINVENTED', secretAccessKey: 'invented' },
    maxAttempts,
  };
}
