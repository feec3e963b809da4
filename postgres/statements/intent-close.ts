/** The end of an intent, whatever came of it. */

/** Assignments to `iasql_intent i`: what is asked for next is another attempt, under another token. */
export const closed = 'attempt = i.attempt + 1, token = NULL, want = NULL, siblings = NULL, candidates = NULL'
