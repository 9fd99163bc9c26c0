/**
 * What an AWS SDK client needs to talk to a double; region and credentials are invented. The clock of the
 * double may be far from this machine's: left to itself the SDK would take each such answer for skew of its
 * own clock, and repeat refusals that it otherwise would not until its budget of retries is used up.
 */
export function clientConfig(endpoint: string, maxAttempts = 1) {
  return {
    endpoint,
    region: 'eu-south-1',
    credentials: { accessKeyId: 'AKIAINVENTED', secretAccessKey: 'invented' },
    maxAttempts,
    disableClockSkewCorrection: true,
  };
}
