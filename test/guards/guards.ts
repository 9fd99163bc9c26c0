import { doorGuards } from './door-guards.ts';
import { gateGuards } from './gate-guards.ts';
import { keepingGuards } from './keeping-guards.ts';
import { sendingGuards } from './sending-guards.ts';
import type { Guard } from './specification.ts';
import { verdictGuards } from './verdict-guards.ts';

/** Every guard that a sentence of the core's specification keeps. */
export const guards: readonly Guard[] = [
  ...gateGuards,
  ...sendingGuards,
  ...keepingGuards,
  ...verdictGuards,
  ...doorGuards,
];
