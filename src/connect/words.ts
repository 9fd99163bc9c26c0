/** The languages that the pages speak. */
export type Language = 'it' | 'en';

/** Every page that a person may see. */
export type PageName =
  | 'open'
  | 'connected'
  | 'nothing-to-do'
  | 'closed'
  | 'other-account'
  | 'expired'
  | 'not-this-browser'
  | 'already-used'
  | 'too-late'
  | 'declined'
  | 'again'
  | 'later'
  | 'operator'
  | 'unanswered'
  | 'not-our-button'
  | 'not-found';

/** A heading, and what stands under it. */
export type Words = readonly [title: string, ...says: string[]];

/** The language of a request: the better liked of the two, English where neither is named (RFC 9110 §12.5.4). */
export function languageOf(acceptLanguage = ''): Language {
  const liked = acceptLanguage
    .slice(0, 1_000)
    .split(',')
    .flatMap((entry) => {
      const [, tag, q = '1'] = entryPattern.exec(entry) ?? [];
      return tag === undefined ? [] : [{ tag: tag.toLowerCase(), weight: Number(q) }];
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  return liked[0]?.tag === 'it' ? 'it' : 'en';
}

const entryPattern = /^\s*(it|en)(?:-[\w-]{1,20})?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*$/i;

/** What stands on the page that opens, beside its words. */
export const opening = {
  en: {
    steps: [
      'Press the button: Fatture in Cloud opens.',
      'Log in there, if it asks you to, and allow the access.',
      'You come back here, and the page tells you whether it worked.',
    ],
    account: 'Log in with the account of',
    button: 'Go on to Fatture in Cloud',
    unexpected: 'You did not expect this page? Just close it: nothing has happened.',
  },
  it: {
    steps: [
      'Prema il pulsante: si apre Fatture in Cloud.',
      'Se le viene chiesto, acceda; poi autorizzi l’accesso.',
      'Tornerà qui, e la pagina le dirà se è andato tutto bene.',
    ],
    account: 'Acceda con l’account di',
    button: 'Continua su Fatture in Cloud',
    unexpected: 'Non si aspettava questa pagina? La chiuda pure: non è successo nulla.',
  },
} as const;

/** How to begin again, with a link of ours and without. */
export const beginAgain = {
  en: {
    link: 'Start again',
    sentence: 'To start again, open the link that you were sent once more.',
  },
  it: {
    link: 'Ricominci da qui',
    sentence: 'Per ricominciare, apra di nuovo il link che ha ricevuto.',
  },
} as const;

const english: Readonly<Record<PageName, Words>> = {
  open: [
    'Connect Fatture in Cloud',
    'The connection to Fatture in Cloud needs your consent. It takes about a minute, and you type no password on this page.',
  ],
  connected: [
    'Done, thank you',
    'The connection to Fatture in Cloud works.',
    'There is nothing else to do: you can close this page.',
  ],
  'nothing-to-do': [
    'Nothing to do',
    'Your consent is not needed at the moment: perhaps everything works again already.',
    'If you were asked to come here and it still does not work, ask for a new link.',
  ],
  closed: [
    'This link no longer works',
    'It has expired, has been used, or was not copied whole.',
    'If you have already seen “Done, thank you”, all is well. Else ask the person who sent it to you for a new one.',
  ],
  'other-account': [
    'This is another account',
    'The account that you logged in with does not have all the companies of this connection. Nothing has changed.',
    'Log out of Fatture in Cloud, then start again with the right account.',
  ],
  expired: [
    'Too much time has passed',
    'There are ten minutes for the consent, and they are over. Nothing has changed.',
  ],
  'not-this-browser': [
    'Another browser has started this',
    'Start and finish in the same browser, with cookies allowed. Nothing has changed.',
    'If you started in another browser, you can still go on there.',
  ],
  'already-used': [
    'This step is done already',
    'If you have seen that it worked, all is well: you can close this page.',
  ],
  'too-late': [
    'Somebody else was faster',
    'While you were at Fatture in Cloud, somebody else changed this connection. Their change stays, and your consent was not stored.',
    'You can close this page.',
  ],
  declined: [
    'The access was not allowed',
    'You refused on the page of Fatture in Cloud, so nothing has changed.',
  ],
  again: [
    'That did not work',
    'Fatture in Cloud did not complete the access. Nothing has changed.',
    'If it happens twice, tell the person who sent you the link.',
  ],
  later: [
    'Not right now',
    'Too much is going on at the moment, here or at Fatture in Cloud. Nothing has changed.',
    'Please try again in a few minutes.',
  ],
  operator: [
    'This is not up to you',
    'The application itself has a problem with Fatture in Cloud. Nothing has changed.',
    'Tell the person who sent you the link: fresco doctor shows them what is wrong.',
  ],
  unanswered: [
    'No answer yet',
    'It takes longer than it should.',
    'Wait a minute and start again: if the page then says that there is nothing to do, it has worked.',
  ],
  'not-our-button': [
    'Please use the button of our page',
    'The click did not come from our page, so nothing was started.',
  ],
  'not-found': ['This page does not exist', 'Open the link again exactly as it was sent to you.'],
};

const italian: Readonly<Record<PageName, Words>> = {
  open: [
    'Colleghi Fatture in Cloud',
    'Il collegamento con Fatture in Cloud ha bisogno del suo consenso. Basta un minuto, e in questa pagina non deve scrivere nessuna password.',
  ],
  connected: [
    'Fatto, grazie',
    'Il collegamento con Fatture in Cloud funziona.',
    'Non deve fare altro: può chiudere questa pagina.',
  ],
  'nothing-to-do': [
    'Niente da fare',
    'In questo momento il suo consenso non serve: forse funziona già tutto.',
    'Se le hanno chiesto di venire qui e il problema resta, chieda un nuovo link.',
  ],
  closed: [
    'Questo link non vale più',
    'È scaduto, è già stato usato, o non è stato copiato per intero.',
    'Se ha già visto «Fatto, grazie», è tutto a posto. Altrimenti ne chieda uno nuovo a chi gliel’ha mandato.',
  ],
  'other-account': [
    'Questo è un altro account',
    'L’account con cui è stato fatto l’accesso non ha tutte le aziende di questo collegamento. Non è cambiato nulla.',
    'Esca da Fatture in Cloud, poi ricominci con l’account giusto.',
  ],
  expired: [
    'È passato troppo tempo',
    'Per dare il consenso ci sono dieci minuti, e sono trascorsi. Non è cambiato nulla.',
  ],
  'not-this-browser': [
    'La richiesta è partita da un altro browser',
    'Cominci e finisca nello stesso browser, con i cookie attivi. Non è cambiato nulla.',
    'Se ha cominciato in un altro browser, lì può ancora andare avanti.',
  ],
  'already-used': [
    'Questo passo è già stato fatto',
    'Se ha visto che è andato tutto bene, può chiudere questa pagina.',
  ],
  'too-late': [
    'Qualcuno è arrivato prima',
    'Nel frattempo qualcun altro ha cambiato questo collegamento. Vale la sua modifica, e il consenso che ha dato lei non è stato salvato.',
    'Può chiudere questa pagina.',
  ],
  declined: [
    'L’accesso non è stato autorizzato',
    'Ha rifiutato sulla pagina di Fatture in Cloud, quindi non è cambiato nulla.',
  ],
  again: [
    'Non ha funzionato',
    'Fatture in Cloud non ha completato l’accesso. Non è cambiato nulla.',
    'Se succede due volte, lo dica a chi le ha mandato il link.',
  ],
  later: [
    'Non in questo momento',
    'C’è troppo traffico, qui o su Fatture in Cloud. Non è cambiato nulla.',
    'Riprovi tra qualche minuto.',
  ],
  operator: [
    'Questo non dipende da lei',
    'È l’applicazione ad avere un problema con Fatture in Cloud. Non è cambiato nulla.',
    'Lo dica a chi le ha mandato il link: fresco doctor mostra che cosa non va.',
  ],
  unanswered: [
    'Ancora nessuna risposta',
    'Ci vuole più tempo del previsto.',
    'Aspetti un minuto e ricominci: se la pagina dice che non c’è niente da fare, ha funzionato.',
  ],
  'not-our-button': [
    'Usi il pulsante della nostra pagina',
    'Il clic non veniva dalla nostra pagina, quindi non è partito nulla.',
  ],
  'not-found': [
    'Questa pagina non esiste',
    'Apra di nuovo il link, esattamente come le è stato mandato.',
  ],
};

/** What each page says. */
export const words = { en: english, it: italian };
