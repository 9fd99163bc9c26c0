import { Command, InvalidArgumentError } from 'commander';
import { Failure } from '../failure.ts';
import { examples, withJson } from '../settings/options.ts';
import { confirm, isInteractive, print } from '../terminal.ts';
import { type Answers, type Choice, follow, type Question, questions } from './chart.ts';

const flags = {
  testing: '--testing',
  oneTime: '--one-time',
  manyAccounts: '--many-accounts',
  secret: '--secret',
  redirect: '--redirect',
  unattended: '--unattended',
  neverExpires: '--never-expires',
} as const satisfies Readonly<Record<Question, string>>;

type ChooseOptions = Answers & { readonly json?: boolean };

/** `fresco choose`: the chart of the authentication guide, as questions. */
export function chooseCommand(): Command {
  const command = new Command('choose')
    .summary('find out which login method to use')
    .description(
      'Asks the questions of the chart in Fatture in Cloud’s authentication guide, plus one about unattended machines, and says which login method to use, why, and what to run next. Answers can be given as options; on a terminal it asks for the missing ones.',
    );
  for (const question of Object.keys(questions) as Question[]) {
    command.option(`${flags[question]} <yes|no>`, questions[question], parseAnswer);
  }
  return withJson(command)
    .addHelpText(
      'after',
      examples(
        'fresco choose',
        'fresco choose --testing no --one-time no --many-accounts no --unattended yes --never-expires no',
      ),
    )
    .action(async ({ json = false, ...given }: ChooseOptions) => {
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
  if (isInteractive()) return confirm(questions[question]);
  throw new Failure(
    'usage',
    `${questions[question]} Answer with ${flags[question]} yes or ${flags[question]} no, or run this on a terminal`,
    { details: { question, flag: flags[question] } },
  );
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
  if (json) {
    print(JSON.stringify({ method, why, needs, next, answers }));
    return;
  }
  print(`method  ${method}`);
  print(`why     ${why}`);
  print(`needs   ${needs}`);
  print(`next    ${next}`);
  if (answers.testing === true)
    print('or      fresco login --sandbox, which needs no account at all');
}
