const commanding = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/**
 * Text as a terminal or a log may have it: on one line and as it stands, without control characters, overrides of
 * the writing direction or line breaks. They become JSON's escapes, so that JSON still says the same.
 */
export function visible(text: string): string {
  return text.replace(
    commanding,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
