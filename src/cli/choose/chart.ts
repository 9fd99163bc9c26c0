/** The ways of Fatture in Cloud's authentication guide. */
export type ChartMethod = 'manual token' | 'authorization code' | 'device code';

/** What the chart asks, each to be answered with yes or no. */
export const questions = {
  testing: 'Are you only trying the API out?',
  oneTime: 'Is it a script that runs once, such as a first import?',
  manyAccounts: 'Will people with different Fatture in Cloud accounts connect to it?',
  secret: 'Can it keep a secret: does it have a back end?',
  redirect: 'Can it take a redirect, at an address of its own or on the machine of the login?',
  unattended: 'Does it run by itself (cron, webhooks), with nobody there?',
  neverExpires: 'May your store hold a token that never expires?',
} as const;

/** One question of the chart. */
export type Question = keyof typeof questions;

/** The answers that are known so far. */
export type Answers = Readonly<Partial<Record<Question, boolean>>>;

/** Where the chart leads. */
export interface Choice {
  readonly method: ChartMethod;
  readonly why: string;
  /** The command to run next. */
  readonly next: string;
}

/** The next question of the guide's chart, or where the answers lead. */
export function follow(answers: Answers): Question | Choice {
  if (answers.testing === undefined) return 'testing';
  if (answers.testing) return manual('it works within minutes, which is enough for trying out');
  if (answers.oneTime === undefined) return 'oneTime';
  if (answers.oneTime) return manual('for one run, a flow with redirects is not worth the work');
  if (answers.manyAccounts === undefined) return 'manyAccounts';
  return answers.manyAccounts ? forManyAccounts(answers) : forOneAccount(answers);
}

function forManyAccounts(answers: Answers): Question | Choice {
  if (answers.secret === undefined) return 'secret';
  if (!answers.secret) return device('an application that cannot keep a secret must not have one');
  if (answers.redirect === undefined) return 'redirect';
  if (!answers.redirect) return device('without a redirect, people type a code on a page instead');
  const why =
    'each person consents on a page, and each account is a connection of its own with --connection';
  return { method: 'authorization code', why, next: 'fresco login' };
}

/** The machine-to-machine part of the guide: no flow is made for it, so a person acts once. */
function forOneAccount(answers: Answers): Question | Choice {
  if (answers.unattended === undefined) return 'unattended';
  if (!answers.unattended) return manual('for one account of your own it is the simplest method');
  if (answers.neverExpires === undefined) return 'neverExpires';
  if (answers.neverExpires) {
    return manual(
      'the guide advises it for machines with one account of your own; Fresco checks it daily',
    );
  }
  const why =
    'you consent once, and refreshing keeps it working; a leaked access token expires within a day';
  return { method: 'authorization code', why, next: 'fresco login' };
}

function manual(why: string): Choice {
  return { method: 'manual token', why, next: 'fresco login --manual' };
}

function device(why: string): Choice {
  return { method: 'device code', why, next: 'fresco login --device' };
}
