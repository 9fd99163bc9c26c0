import { InvalidArgumentError } from 'commander';
import { wrongUsage } from '../failure.ts';

/** Reads a port; 0 is a free one of the system's choice. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('it must be a port from 0 to 65535.');
}

/** Why a port could not be had, in words; anything else comes back as it was. */
export function portProblem(error: unknown, port: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return wrongUsage`port ${port} is taken by another program: choose one with --port`;
    case 'EACCES':
      return wrongUsage`port ${port} is not for this user: choose one above 1023 with --port`;
    default:
      return error;
  }
}
