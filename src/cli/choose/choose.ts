import { type Command, InvalidArgumentError } from 'commander';
import { Failure } from '../failure.ts';
import { withHelp, withJson } from '../settings/options.ts';
import { flagOf } from '../settings/settings.ts';
import { confirm, isInteractive, printResult } from '../terminal.ts';
import { type Answers, type Choice, follow, type Question, questions } from './chart.ts';

type ChooseOptions = Answers & { readonly json?: boolean };

/** `fresco choose`: the chart of the authentication guide, as questions. */
export function chooseCommand(): Command {
  const command = withHelp('choose', {
    summary: 'find out which login method to use',
    description:
      'Asks the questions of the chart in Fatture in Cloud’s authentication guide, plus one about unattended machines, and says which login method to use, why, and what to run next. Answers can be given as options; on a terminal it asks for the missing ones.',
    examples: [
      'fresco choose',
      'fresco choose --testing no --one-time no --many-accounts no --unattended yes --never-expires no',
    ],
  });
  for (const question of Object.keys(questions) as Question[]) {
    command.option(`${flagOf(question)} <yes|no>`, questions[question], parseAnswer);
  }
  return withJson(command).action(async ({ json = false, ...given }: ChooseOptions) => {
    const answers: Partial<Record<Question, boolean>> = { ...given };
    let step = follow(answers);
    while (typeof step === 'string') {
      answers[step] = await asked(step);
      step = follow(answers);
    }
    tell(step, answers, json);
  });
}

function parseAnswer(text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new InvalidArgumentError("it must be 'yes' or 'no'.");
}

async function asked(question: Question): Promise<boolean> {
  const text = questions[question];
  if (isInteractive()) return confirm(text);
  const flag = flagOf(question);
  const how = `Answer with ${flag} yes or ${flag} no, or run this on a terminal`;
  throw new Failure('usage', `${text} ${how}`, { details: { question, flag } });
}

const requirements: Readonly<Record<Choice['method'], string>> = {
  'manual token':
    'the application has the manual method ticked; make the token for the companies and permissions that are needed, no more',
  'authorization code':
    'an application with OAuth 2.0 ticked; its client id, client secret and redirect http://localhost:8787/callback',
  'device code':
    'Fatture in Cloud enables this flow on request, for chosen applications: ask its support first',
};

function tell({ method, why, next }: Choice, answers: Answers, json: boolean): void {
  const needs = requirements[method];
  const lines = [`method  ${method}`, `why     ${why}`, `needs   ${needs}`, `next    ${next}`];
  if (answers.testing === true)
    lines.push('or      fresco login --sandbox, which needs no account at all');
  printResult({ json }, { method, why, needs, next, answers }, ...lines);
}
